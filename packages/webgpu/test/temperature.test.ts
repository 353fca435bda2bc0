import * as core from "@surprisal/core";
import * as language from "@surprisal/language";
import { crossEntropy } from "@surprisal/losses";
import { random, relativeError } from "@surprisal/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { type Gpu, onGpu } from "../src/index.ts";
import { sharedGpu } from "./device.ts";
import { elementsOf } from "./fixtures.ts";

let gpu: Gpu;

beforeAll(async () => {
  gpu = await sharedGpu();
});

const ulp = 2 ** -23;
/** A device may take numbers this small for 0. */
const tiny = 1e-30;
const r = random(11);

const elementsOfCpu = (result: number | { data: ArrayLike<number> }) =>
  typeof result === "number" ? [result] : result.data;

const temperatures = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10];

describe("a small temperature", () => {
  it.each(temperatures)("of %d makes far logits certain", async (temperature) => {
    for (const x of [[20.3, 5.1, 1], [900, 3], [-3, -900], [51.8, 3], [20.3]]) {
      const logits = gpu.tensor(Float32Array.from(x), [1, x.length]);
      const certain = x.map((_, i) => (i === 0 ? 1 : 0));
      const options = { temperature };
      expect(
        relativeError(await elementsOf(gpu.softmax(logits, options)), certain, ulp),
      ).toBeLessThan(ulp);
      const scored = await elementsOf(gpu.tokenLogProbs(logits, [0], options));
      expect(Math.abs(scored[0])).toBeLessThan(1e-8);
      const entropy = await elementsOf(gpu.tokenEntropy(logits, options));
      expect(Math.abs(entropy[0])).toBeLessThan(1e-6);
    }
  });

  // A row of 9000 has parts, which another kernel joins.
  it.each([3, 101, 9000])("keeps the digits of %d classes near the largest", async (classes) => {
    const rows = classes > 1000 ? 2 : 24;
    const without = await onGpu(gpu.device, { subgroups: false });
    for (const temperature of [0.7, ...temperatures]) {
      // The second half of the rows rises, so that the maximum grows.
      const data = Float32Array.from({ length: rows * classes }, (_, i) =>
        i < (rows / 2) * classes
          ? 30 - 70 * temperature * r.uniform()
          : (i % classes) * temperature - 25,
      );
      const exact = { data: Float64Array.from(data), shape: [rows, classes] };
      const options = { temperature };
      for (const each of [gpu, without]) {
        const logits = each.tensor(data, [rows, classes]);
        const softmax = await elementsOf(each.softmax(logits, options));
        const expected = core.softmax(exact, options).data;
        expect(relativeError(softmax, expected, tiny), `softmax at ${temperature}`).toBeLessThan(
          6 * ulp,
        );
        const logs = await elementsOf(each.logSoftmax(logits, options));
        const expectedLogs = core.logSoftmax(exact, options).data;
        expect(
          relativeError(logs, expectedLogs, 1e-3),
          `logSoftmax at ${temperature}`,
        ).toBeLessThan(7 * ulp);
        const entropy = await elementsOf(each.tokenEntropy(logits, options));
        const expectedEntropy = elementsOfCpu(language.tokenEntropy(exact, options));
        expect(
          relativeError(entropy, expectedEntropy, 1e-3),
          `entropy at ${temperature}`,
        ).toBeLessThan(7 * ulp);
      }
    }
  });

  it("reads float16", async () => {
    // 2.4e4, -2.4e4 and 2
    const logits = gpu.tensor(Uint16Array.of(0x75dc, 0xf5dc, 0x4000), [3], { type: "float16" });
    expect(await elementsOf(gpu.softmax(logits, { temperature: 0.7 }))).toEqual([1, 0, 0]);
  });
});

describe("a softcap", () => {
  it.each([1e-40, 1e-20, 1e20, 1e30, 1e35, 8e37, 1e38, 3e38])("of %d", async (softcap) => {
    const x = Float32Array.of(2, 1, 0);
    const cpu = crossEntropy.valueAndGrad(x, 0, { softcap });
    const { value, grad } = gpu.crossEntropy.valueAndGrad(gpu.tensor(x), 0, { softcap });
    expect(relativeError(await elementsOf(value), [cpu.value], 0)).toBeLessThan(5 * ulp);
    expect(relativeError(await elementsOf(grad), cpu.grad, 0)).toBeLessThan(5 * ulp);
  });

  it.each([1, 1e3, 1e6, 1e7, 1e9, 1e20, 1e30, 1e36, 8e37])(
    "of %d, and logits of that size",
    async (softcap) => {
      const x = Float32Array.of(2.3 * softcap, 0.1 * softcap, -softcap);
      const cpu = crossEntropy.valueAndGrad(x, 1, { softcap });
      const { value, grad } = gpu.crossEntropy.valueAndGrad(gpu.tensor(x), 1, { softcap });
      expect(relativeError(await elementsOf(value), [cpu.value], 0)).toBeLessThan(5 * ulp);
      expect(relativeError(await elementsOf(grad), cpu.grad, tiny)).toBeLessThan(8 * ulp);
    },
  );

  it.each([0.7, 30, 50.1, 100, 1e4, 1e20])(
    "of %d keeps the digits of small losses",
    async (softcap) => {
      const rows = 500;
      const data = Float32Array.from({ length: 2 * rows }, () => 80 * r.uniform() - 40);
      const ids = new Array<number>(rows).fill(0);
      const options = { softcap, reduction: "none" } as const;
      const cpu = crossEntropy({ data: Float64Array.from(data), shape: [rows, 2] }, ids, options);
      const losses = await elementsOf(gpu.crossEntropy(gpu.tensor(data, [rows, 2]), ids, options));
      expect(relativeError(losses, elementsOfCpu(cpu), tiny)).toBeLessThan(5 * ulp);
    },
  );
});

it("a loss near the smallest normal number keeps its digits", async () => {
  const logits = gpu.tensor(Float32Array.of(33.937252044677734, -45.81206130981445), [1, 2]);
  const loss = await elementsOf(gpu.crossEntropy(logits, [0]));
  expect(relativeError(loss, [2.319067e-35], 0)).toBeLessThan(1e-6);
});
