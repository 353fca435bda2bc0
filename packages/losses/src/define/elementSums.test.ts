import { allocate, type Tensor } from "@surprisal/core";
import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import {
  binaryCrossEntropyWithLogits,
  huberLoss,
  l1Loss,
  marginRankingLoss,
  mseLoss,
  smoothL1Loss,
} from "../index.ts";

/** A loss that is called with any arguments. */
interface AnyLoss {
  (...args: unknown[]): number;
  valueAndGrad(...args: unknown[]): { value: number; grads: object };
}

const losses: readonly { name: string; loss: AnyLoss; names: readonly string[] }[] = [
  ...Object.entries({ mseLoss, l1Loss, huberLoss, smoothL1Loss, binaryCrossEntropyWithLogits }).map(
    ([name, loss]) => ({ name, loss: loss as unknown as AnyLoss, names: ["input", "target"] }),
  ),
  {
    name: "marginRankingLoss",
    loss: marginRankingLoss as unknown as AnyLoss,
    names: ["input1", "input2"],
  },
];

/** Whole blocks, a part of one, and elements that do not fill a vector. */
const lengths = [4096, 3 * 4096 + 64, 4096 + 67, 64, 12];

function numbers(length: number, seed: number): Tensor<Float32Array> {
  const r = random(seed);
  return { data: Float32Array.from({ length }, r.normal), shape: [length] };
}

function allocated({ data, shape }: Tensor<Float32Array>): Tensor<Float32Array> {
  const tensor = allocate(shape);
  tensor.data.set(data);
  return tensor;
}

describe.each(losses)("$name of allocated tensors", ({ loss, names }) => {
  const [first, second] = names;

  it.each(lengths)("has the bits of ordinary ones: %i elements", (length) => {
    const args = names.map((_, i) => numbers(length, i + 1));
    if (names.includes("input2")) args.push(numbers(length, 3));
    for (const options of [{}, { reduction: "sum" as const, gradOutput: 0.3 }]) {
      const { gradOutput: _, ...lossOptions } = options as { gradOutput?: number };
      const expected = loss.valueAndGrad(...args, options);
      const copies = args.map(allocated);
      expect(loss(...copies, lossOptions)).toBe(loss(...args, lossOptions));
      expect(copies).toEqual(args);
      const out = { [first]: allocate([length]), [second]: allocate([length]) };
      const { value, grads } = loss.valueAndGrad(...copies, { ...options, out });
      expect(value).toBe(expected.value);
      expect(grads).toEqual(expected.grads);
      expect(copies).toEqual(args);
    }
  });

  it.each(lengths)("may write gradients over arguments: %i elements", (length) => {
    const args = names.map((_, i) => numbers(length, i + 1));
    if (names.includes("input2")) args.push(numbers(length, 3));
    const expected = loss.valueAndGrad(...args);
    for (const [a, b] of [
      [0, 1],
      [1, 0],
    ]) {
      const copies = args.map(allocated);
      const out = { [first]: copies[a], [second]: copies[b] };
      const { value, grads } = loss.valueAndGrad(...copies, { out });
      expect(value).toBe(expected.value);
      expect(grads).toEqual(expected.grads);
    }
  });

  it("computes aside where a gradient overlaps an argument in another way", () => {
    const length = 2 * 4096;
    const args = names.map((_, i) => numbers(length, i + 1));
    if (names.includes("input2")) args.push(numbers(length, 3));
    const expected = loss.valueAndGrad(...args);
    const { data } = allocate([length + 4]);
    const copies = args.map(allocated);
    copies[0] = { data: data.subarray(0, length), shape: [length] };
    copies[0].data.set(args[0].data);
    const out = { [first]: { data: data.subarray(4), shape: [length] } };
    const { value, grads } = loss.valueAndGrad(...copies, { out });
    expect(value).toBe(expected.value);
    expect(grads).toEqual(expected.grads);
  });
});

it("repeats an argument, and sums its gradient", () => {
  const input = numbers(4096, 1);
  const target = { data: Float32Array.of(0.5), shape: [1] };
  const expected = mseLoss.valueAndGrad(input, target);
  const { value, grads } = mseLoss.valueAndGrad(allocated(input), allocated(target));
  expect(value).toBe(expected.value);
  expect(grads).toEqual(expected.grads);
  const slopes = Array.from((grads.input as Tensor<Float32Array>).data);
  const sum = slopes.reduce((a, b) => a + b, 0);
  expect((grads.target as Tensor<Float32Array>).data[0]).toBeCloseTo(-sum, 6);
});
