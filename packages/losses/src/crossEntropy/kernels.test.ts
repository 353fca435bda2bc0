import { relativeError } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { allocatedBytes } from "../../test/allocatedBytes.ts";
import { kernelCalls } from "../../test/kernelCalls.ts";
import { crossEntropy } from "./crossEntropy.ts";

const shape = [30, 10];
const logits = new Float32Array(300).map((_, i) => 3 * Math.sin(i * i));
const input = { data: logits, shape };
const indices = Int32Array.from({ length: 30 }, (_, r) => r % 10);
const probabilities = { data: logits.map((x) => x * x), shape };

describe("the kernel that computes a batch of float32", () => {
  it.each([
    ["class indices", indices, {}, ["crossEntropy"]],
    ["class indices with a softcap", indices, { softcap: 5 }, ["softcapCrossEntropy"]],
    ["class indices with zLoss", indices, { zLoss: 0.1 }, ["softCrossEntropy"]],
    ["class indices with both", indices, { zLoss: 0.1, softcap: 5 }, ["softCrossEntropy"]],
    ["class probabilities", probabilities, {}, ["softCrossEntropy"]],
    ["class probabilities with zLoss", probabilities, { zLoss: 0.1 }, ["softCrossEntropy"]],
    ["class probabilities with a softcap", probabilities, { softcap: 5 }, ["softCrossEntropy"]],
    ["unmasked classes", probabilities, { skipMasked: true }, ["softCrossEntropy"]],
    ["a softcap beyond float32", probabilities, { softcap: 1e-9 }, []],
  ])("is the fastest one: %s", (_, target, options, expected) => {
    const calls = kernelCalls(() => crossEntropy.valueAndGrad(input, target, options));
    expect(calls).toEqual(expected);
  });

  it.each([
    ["class probabilities", probabilities, {}],
    ["class indices with zLoss", indices, { zLoss: 0.1 }],
    ["all options", probabilities, { zLoss: 0.1, weight: logits.slice(0, 10).map(Math.abs) }],
  ])("computes what the formula computes: %s", (_, target, options) => {
    const exact = crossEntropy.valueAndGrad(
      { data: Float64Array.from(logits), shape },
      target,
      options,
    );
    const { value, grad } = crossEntropy.valueAndGrad(input, target, options);
    expect(relativeError([value], [exact.value], 0)).toBeLessThan(1e-6);
    expect(relativeError(grad.data, exact.grad.data, 0.01)).toBeLessThan(1e-4);
  });
});

it("the formula keeps its rows for the next call", () => {
  const row = { data: new Float64Array(1000), shape: [1, 1000] };
  const options = { zLoss: 0.1, labelSmoothing: 0.1, out: row };
  // A new row of float64 in each call is 400 kB.
  const bytes = allocatedBytes(() => crossEntropy.valueAndGrad(row, [0], options));
  expect(bytes).toBeLessThan(200_000);
});
