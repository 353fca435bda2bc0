import { allocate, type Tensor } from "@surprisal/core";
import { blockStaging } from "@surprisal/core/authoring";
import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import {
  asymmetricLoss,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  gaussianNllLoss,
  hingeEmbeddingLoss,
  huberLoss,
  klDiv,
  l1Loss,
  logCoshLoss,
  marginRankingLoss,
  mseLoss,
  poissonNllLoss,
  sigmoidFocalLoss,
  smoothL1Loss,
  softMarginLoss,
} from "../index.ts";

/** A loss that is called with any arguments. */
interface AnyLoss {
  (...args: unknown[]): number;
  valueAndGrad(...args: unknown[]): { value: number; grad: object };
}

interface LossCase {
  readonly name: string;
  readonly loss: AnyLoss;
  /** The names of the arguments that have gradients. */
  readonly names: readonly string[];
  /** What each argument is, of numbers of a normal distribution. */
  readonly args: readonly ((z: number) => number)[];
}

const asIs = (z: number) => z;
const toProbability = (z: number) => 1 / (1 + Math.exp(-z));
const toLabel = (z: number) => Number(z > 0);
const toSign = (z: number) => (z > 0 ? 1 : -1);

function lossCase(
  loss: unknown,
  args: readonly ((z: number) => number)[],
  names: readonly string[] = ["input", "target"],
): LossCase {
  return { name: (loss as { name: string }).name, loss: loss as AnyLoss, names, args };
}

const losses: readonly LossCase[] = [
  lossCase(mseLoss, [asIs, asIs]),
  lossCase(l1Loss, [asIs, asIs]),
  lossCase(huberLoss, [asIs, asIs]),
  lossCase(smoothL1Loss, [asIs, asIs]),
  lossCase(binaryCrossEntropyWithLogits, [asIs, toProbability]),
  lossCase(binaryCrossEntropy, [toProbability, toProbability]),
  lossCase(klDiv, [asIs, toProbability]),
  lossCase(poissonNllLoss, [asIs, Math.abs]),
  lossCase(softMarginLoss, [asIs, toSign], ["input"]),
  lossCase(hingeEmbeddingLoss, [asIs, toSign], ["input"]),
  lossCase(logCoshLoss, [asIs, asIs]),
  lossCase(asymmetricLoss, [asIs, toLabel], ["input"]),
  lossCase(sigmoidFocalLoss, [asIs, toLabel], ["input"]),
  lossCase(marginRankingLoss, [asIs, asIs, toSign], ["input1", "input2"]),
  lossCase(gaussianNllLoss, [asIs, asIs, Math.abs], ["input", "target", "variance"]),
];

/** Whole blocks, a part of one, and elements that do not fill a vector. */
const lengths = [4096, 3 * 4096 + 64, 4096 + 67, 64, 12];

function numbers(length: number, seed: number, of = asIs): Tensor<Float32Array> {
  const r = random(seed);
  return { data: Float32Array.from({ length }, () => of(r.normal())), shape: [length] };
}

function allocated({ data, shape }: Tensor<Float32Array>): Tensor<Float32Array> {
  const tensor = allocate(shape);
  tensor.data.set(data);
  return tensor;
}

describe.each(losses)("$name of allocated tensors", ({ loss, names, args: draw }) => {
  it.each(lengths)("has the bits of ordinary ones: %i elements", (length) => {
    const args = draw.map((of, i) => numbers(length, i + 1, of));
    for (const options of [{}, { reduction: "sum" as const, gradOutput: 0.3 }]) {
      const { gradOutput: _, ...lossOptions } = options as { gradOutput?: number };
      const expected = loss.valueAndGrad(...args, options);
      const copies = args.map(allocated);
      expect(loss(...copies, lossOptions)).toBe(loss(...args, lossOptions));
      expect(copies).toEqual(args);
      const out = Object.fromEntries(names.map((name) => [name, allocate([length])]));
      const result = loss.valueAndGrad(...copies, { ...options, out });
      expect(result).toEqual(expected);
      expect(copies).toEqual(args);
    }
  });

  it.each(lengths)("may write gradients over arguments: %i elements", (length) => {
    const args = draw.map((of, i) => numbers(length, i + 1, of));
    const expected = loss.valueAndGrad(...args);
    for (const shift of [0, 1]) {
      const copies = args.map(allocated);
      const out = Object.fromEntries(
        names.map((name, i) => [name, copies[(i + shift) % copies.length]]),
      );
      expect(loss.valueAndGrad(...copies, { out })).toEqual(expected);
    }
  });

  it("computes aside where a gradient overlaps an argument in another way", () => {
    const length = 2 * 4096;
    const args = draw.map((of, i) => numbers(length, i + 1, of));
    const expected = loss.valueAndGrad(...args);
    const { data } = allocate([length + 4]);
    const copies = args.map(allocated);
    copies[0] = { data: data.subarray(0, length), shape: [length] };
    copies[0].data.set(args[0].data);
    const out = { [names[0]]: { data: data.subarray(4), shape: [length] } };
    expect(loss.valueAndGrad(...copies, { out })).toEqual(expected);
  });
});

describe("the memory in which sums are computed", () => {
  const length = 4 * 4096 + 4096 + 64;
  const [x, y] = [numbers(length, 1), numbers(length, 2)];
  const marker = 12345;
  const staging = blockStaging() as Float32Array;
  const staged = (call: () => void) => {
    staging.fill(marker);
    call();
    return staging.findLastIndex((element) => element !== marker) + 1;
  };

  it("is that of the tensors if all are allocated", () => {
    const [a, b] = [allocated(x), allocated(y)];
    const out = { input: allocate([length]), target: allocate([length]) };
    expect(staged(() => mseLoss(a, b))).toBe(0);
    expect(staged(() => mseLoss.valueAndGrad(a, b, { out }))).toBe(0);
    expect(staged(() => mseLoss.valueAndGrad(a, y, { out }))).toBeGreaterThan(0);
    expect(staged(() => mseLoss.valueAndGrad(a, b))).toBeGreaterThan(0);
  });

  it("is a chunk for each array otherwise", () => {
    const chunk = 4 * 4096;
    expect(staged(() => mseLoss(x, y))).toBe(2 * chunk);
    expect(Array.from(staging.subarray(0, 5))).toEqual(
      Array.from(x.data.subarray(chunk, chunk + 5)),
    );
    expect(staging[chunk - 1]).toBe(x.data[chunk - 1]);
    expect(staging[chunk + 4096 + 64]).toBe(y.data[4096 + 64]);
    const differentiate = ["input"];
    expect(staged(() => mseLoss.valueAndGrad(x, y, { differentiate }))).toBe(3 * chunk);
    expect(staged(() => mseLoss.valueAndGrad(x, y))).toBe(4 * chunk);
  });

  it("is that of blocks if losses are stored or weighted, or gradients have factors of their own", () => {
    const none = { reduction: "none" } as const;
    expect(staged(() => mseLoss(x, y, none))).toBe(0);
    expect(staged(() => mseLoss.valueAndGrad(x, y, { ...none, gradOutput: x }))).toBe(0);
    const weight = { data: Float64Array.of(2, ...new Float64Array(length - 1)), shape: [length] };
    // Weights are staged block by block.
    expect(staged(() => mseLoss(x, y, { sampleWeight: weight }))).toBe(2 * 4096);
    expect(staged(() => mseLoss(Float64Array.from(x.data), Float64Array.from(y.data)))).toBe(0);
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
