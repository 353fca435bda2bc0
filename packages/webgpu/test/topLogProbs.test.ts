import { type TopLogProbs, topLogProbs } from "@surprisal/language";
import { random, relativeError } from "@surprisal/testing";
import { beforeAll, describe, expect, it } from "vitest";
import type { Gpu, GpuData } from "../src/index.ts";
import { sharedGpu } from "./device.ts";

let gpu: Gpu;

beforeAll(async () => {
  gpu = await sharedGpu();
});

const r = random(7);
const inf = Number.POSITIVE_INFINITY;

interface Case {
  readonly note: string;
  readonly data: Float32Array;
  readonly shape: readonly number[];
  readonly k: number;
  readonly temperature?: number;
}

const normal = (length: number) => Float32Array.from({ length }, () => 3 * r.normal());
const whole = (length: number) => Float32Array.from({ length }, () => Math.round(r.normal()));

const cases: Case[] = [
  { note: "every k of a short row", data: normal(14), shape: [2, 7], k: 7 },
  { note: "the largest alone", data: normal(14), shape: [2, 7], k: 1 },
  { note: "ties, at the cut too", data: whole(3 * 900), shape: [3, 900], k: 37 },
  { note: "a row of equal logits", data: new Float32Array(1025), shape: [1025], k: 5 },
  { note: "0 and −0 are equal", data: Float32Array.of(-0, 0, -0, 0, -1), shape: [5], k: 3 },
  { note: "a temperature", data: normal(2 * 301), shape: [2, 1, 301], k: 9, temperature: 0.3 },
  { note: "masked tokens", data: Float32Array.of(-inf, 2, -inf, 1, -inf), shape: [5], k: 4 },
  { note: "an empty row", data: Float32Array.of(-inf, -inf, -inf), shape: [3], k: 2 },
  {
    note: "NaN and ∞ have one rank",
    data: Float32Array.of(1, NaN, inf, 2, 3, 0, inf, NaN),
    shape: [2, 4],
    k: 3,
  },
  { note: "a sure row", data: Float32Array.of(0, 30, 1, 2), shape: [4], k: 2 },
  { note: "a row in several parts", data: normal(20_001), shape: [20_001], k: 70 },
];

describe("topLogProbs equals that of the CPU", () => {
  it.each(cases)("$note", async ({ data, shape, k, temperature = 1 }) => {
    const cpu = topLogProbs({ data, shape }, k, { temperature }) as TopLogProbs<{
      data: Float32Array;
      shape: readonly number[];
    }>;
    const { indices, logProbs } = gpu.topLogProbs(gpu.tensor(data, shape), k, { temperature });
    expect(indices.shape).toEqual([...shape.slice(0, -1), k]);
    expect(((await indices.read()) as GpuData).data).toEqual(cpu.indices.data);
    const actual = Array.from(((await logProbs.read()) as GpuData).data);
    expect(relativeError(actual, Array.from(cpu.logProbs.data), 0)).toBeLessThan(1e-6);
  });

  it("checks k", () => {
    const logits = gpu.tensor([1, 2, 3]);
    const message = "topLogProbs: k must be a whole number from 1 to 3, the size of the vocabulary";
    for (const k of [0, 4, 1.5]) expect(() => gpu.topLogProbs(logits, k)).toThrow(RangeError);
    expect(() => gpu.topLogProbs(logits, 4)).toThrow(`${message}, got 4.`);
    expect(() => gpu.topLogProbs(logits, "2" as never)).toThrow(TypeError);
  });
});
