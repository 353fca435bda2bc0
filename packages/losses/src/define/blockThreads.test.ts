import {
  type BlockLossCall,
  elementBlockLength,
  registerBackend,
  squaredDifferenceKernel,
} from "@surprisal/core/authoring";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { binaryCrossEntropyWithLogits } from "../binaryCrossEntropyWithLogits/binaryCrossEntropyWithLogits.ts";
import { cosineEmbeddingLoss } from "../cosineEmbeddingLoss/cosineEmbeddingLoss.ts";
import { huberLoss } from "../huberLoss/huberLoss.ts";
import { jensenShannonDivergence } from "../jensenShannonDivergence/jensenShannonDivergence.ts";
import { mseLoss } from "../mseLoss/mseLoss.ts";
import { multilabelSoftMarginLoss } from "../multilabelSoftMarginLoss/multilabelSoftMarginLoss.ts";
import { tripletMarginLoss } from "../tripletMarginLoss/tripletMarginLoss.ts";
import { defineElementLoss } from "./defineElementLoss.ts";

const calls: BlockLossCall[] = [];
let declines = false;

beforeEach(() => {
  calls.length = 0;
  declines = false;
  // A backend that computes whole blocks on the calling thread, the last block first.
  registerBackend({
    blockLoss(call) {
      calls.push(call);
      if (declines) return undefined;
      const { blockLength, loss } = call;
      const sums = new Float64Array(Math.floor(call.length / blockLength));
      // Losses of vectors that are stored take the place of sums.
      const stored = loss.size === undefined ? undefined : call.losses;
      const perBlock = stored ? blockLength / (loss.size ?? 1) : 1;
      const values = stored ? new Float64Array(sums.length * perBlock) : sums;
      for (let block = sums.length - 1; block >= 0; block--) {
        const start = block * blockLength;
        const part = values.subarray(block * perBlock, (block + 1) * perBlock);
        call.compute(start, start + blockLength, part);
      }
      stored?.set(values);
      return sums;
    },
  });
});

afterEach(() => registerBackend(undefined));

// Three blocks and a part of one.
const length = 3 * elementBlockLength + 70;
const numbers = (seed: number) => Float32Array.from({ length }, (_, i) => Math.sin(seed * i));
const [x, y] = [numbers(3), numbers(5)];

/** Returns what a call gives with the backend and without. */
function both<Result>(call: () => Result): [Result, Result] {
  const withBackend = call();
  registerBackend(undefined);
  return [withBackend, call()];
}

it("a backend computes the whole blocks of a loss and of its gradients", () => {
  const [actual, expected] = both(() =>
    huberLoss.valueAndGrad(x, y, { delta: 0.3, reduction: "sum", gradOutput: 0.5 }),
  );
  expect(actual).toEqual(expected);
  const [{ loss, blockLength, inputs, gradients, gradScale, ...call }] = calls;
  expect(loss).toMatchObject({ name: "huberLoss", options: { delta: 0.3 } });
  expect([call.length, blockLength]).toEqual([length, elementBlockLength]);
  expect(inputs).toEqual([{ data: x }, { data: y }, undefined, undefined]);
  expect(gradScale).toBe(0.5);
  expect(gradients.map((gradient) => gradient?.length)).toEqual([length, length]);
});

// Blocks have 40 vectors. The last one has 3.
const vectors = (data: Float32Array) => ({ data: data.subarray(0, 12_300), shape: [123, 100] });

it("a backend computes the whole blocks of a loss of vectors and of its gradients", () => {
  const [anchor, positive, negative] = [x, y, numbers(7)].map(vectors);
  const options = { margin: 0.5, reduction: "sum", gradOutput: 0.5 } as const;
  const [actual, expected] = both(() =>
    tripletMarginLoss.valueAndGrad(anchor, positive, negative, {
      ...options,
      differentiate: ["anchor", "negative"],
    }),
  );
  expect(actual).toEqual(expected);
  const [{ loss, blockLength, inputs, gradients, ...call }] = calls;
  expect(loss).toMatchObject({ name: "tripletMarginLoss", options: { margin: 0.5 }, size: 100 });
  expect([call.length, blockLength]).toEqual([12_300, 4000]);
  const own = [anchor, positive, negative].map(({ data }) => ({ data }));
  expect(inputs).toEqual([...own, undefined]);
  expect(gradients.map((gradient) => gradient?.length)).toEqual([12_300, undefined, 12_300]);
});

it("a backend gets the gradients in the order of the arguments, and none for a value alone", () => {
  const [actual, expected] = both(() => [
    mseLoss.valueAndGrad(x, y, { differentiate: ["input"] }).value,
    mseLoss(x, y),
  ]);
  expect(actual).toEqual(expected);
  expect(calls.map(({ gradients }) => gradients.map((gradient) => gradient !== undefined))).toEqual(
    [
      [true, false],
      [false, false],
    ],
  );
  expect(calls.map(({ gradScale }) => gradScale)).toEqual([1 / length, undefined]);
});

it("a backend computes the whole blocks of weighted losses and of their gradients", () => {
  const sampleWeight = Float32Array.from(x, (value, i) => (i % 5 === 0 ? 0 : Math.abs(value)));
  const input = x.map((value, i) => (i % 5 === 0 ? Number.NaN : value));
  const gradOutput = 0.5;
  const [actual, expected] = both(() => [
    huberLoss(input, y, { sampleWeight }),
    huberLoss.valueAndGrad(input, y, { sampleWeight, reduction: "sum", gradOutput }),
    tripletMarginLoss.valueAndGrad(vectors(x), vectors(y), vectors(y), {
      ...{ sampleWeight: sampleWeight.subarray(0, 123), reduction: "sum", gradOutput },
    }),
  ]);
  expect(actual).toEqual(expected);
  expect(calls.map((call) => call.gradScale)).toEqual([undefined, 0.5, 0.5]);
  expect(calls.map((call) => call.sampleWeight?.length)).toEqual([length, length, 123]);
});

it("a backend computes the whole blocks of losses that are stored", () => {
  const sampleWeight = Float32Array.from(y, Math.abs);
  const [actual, expected] = both(() => [
    huberLoss(x, y, { reduction: "none" }),
    huberLoss.valueAndGrad(x, y, { reduction: "none", gradOutput: 0.5, sampleWeight }),
    huberLoss.valueAndGrad(x, y, { reduction: "none", gradOutput: y, sampleWeight }),
  ]);
  expect(actual).toEqual(expected);
  expect(calls.map((call) => call.losses?.length)).toEqual([length, length, length]);
  expect(calls.map((call) => call.gradScale)).toEqual([undefined, 0.5, undefined]);
  const upstream = calls.map(({ inputs }) => inputs.at(-1));
  expect(upstream).toEqual([undefined, undefined, { data: y }]);
});

it("a backend gets options that are arrays, and arguments that are repeated", () => {
  const posWeight = numbers(7).subarray(0, 100).map(Math.abs);
  const [input, weight, target] = [vectors(x), vectors(y.map(Math.abs)), x.slice(0, 1)];
  const [actual, expected] = both(() => [
    binaryCrossEntropyWithLogits(input, [1], { posWeight, weight }),
    binaryCrossEntropyWithLogits.valueAndGrad(input, target, { differentiate: ["input"] }),
    binaryCrossEntropyWithLogits(input, { data: new Uint8Array(12_300), shape: [123, 100] }),
  ]);
  expect(actual).toEqual(expected);
  const perColumn = [
    { size: 123, stride: 0 },
    { size: 100, stride: 1 },
  ];
  const one = [{ size: 12_300, stride: 0 }];
  expect(calls.map(({ inputs }) => inputs.slice(0, 4))).toMatchObject([
    [
      { data: input.data },
      { axes: one },
      { data: weight.data },
      { data: posWeight, axes: perColumn },
    ],
    [{ data: input.data }, { data: target, axes: one }, undefined, undefined],
    [{ data: input.data }, { data: new Uint8Array(12_300) }, undefined, undefined],
  ]);
});

it("a backend computes the losses of vectors that are stored, with one number per vector", () => {
  const perVector = y.slice(0, 123);
  const label = perVector.map(Math.sign);
  const sampleWeight = perVector.map(Math.abs);
  const gradOutput = { data: x.slice(0, 123), shape: [123] };
  const weight = x.slice(0, 100).map(Math.abs);
  const options = { reduction: "none", gradOutput } as const;
  const [actual, expected] = both(() => [
    cosineEmbeddingLoss(vectors(x), vectors(y), label),
    cosineEmbeddingLoss.valueAndGrad(vectors(x), vectors(y), label, { ...options, sampleWeight }),
    multilabelSoftMarginLoss(vectors(x), vectors(y), { weight, reduction: "none" }),
  ]);
  expect(actual).toEqual(expected);
  expect(calls.map(({ losses }) => losses?.length)).toEqual([undefined, 123, 123]);
  expect(calls.map(({ inputs }) => inputs.slice(2))).toMatchObject([
    [{ data: label }, undefined],
    [{ data: label }, { data: gradOutput.data }],
    [{ data: weight }, undefined],
  ]);
});

it("the sums of the backend's blocks are added to the loss of the rest", () => {
  registerBackend({ blockLoss: () => Float64Array.of(1, 2, 4) });
  const actual = mseLoss(x, y, { reduction: "sum" });
  registerBackend({});
  const start = 3 * elementBlockLength;
  const rest = mseLoss(x.subarray(start), y.subarray(start), { reduction: "sum" });
  expect(actual).toBe(7 + rest);
});

it("a call that the backend declines is computed", () => {
  declines = true;
  const [actual, expected] = both(() => mseLoss.valueAndGrad(x, y));
  expect(actual).toEqual(expected);
  expect(calls.length).toBe(1);
});

describe("a backend is not asked", () => {
  const squared = defineElementLoss({
    kind: "element",
    name: "mseLoss",
    neverThrows: true,
    formula: () => ({
      block({ count, losses, gradients }, input, target) {
        squaredDifferenceKernel(input, target, losses, gradients?.input, count);
      },
    }),
  });

  it.each<[string, () => unknown]>([
    ["for a loss of another author", () => squared(x, y)],
    [
      "for the gradient of an argument that is repeated",
      () => mseLoss.valueAndGrad(vectors(x), y.slice(0, 100)),
    ],
    ["in float64", () => mseLoss(Float64Array.from(x), Float64Array.from(y))],
    ["for a few elements", () => mseLoss([1, 2], [2, 3])],
    [
      "for gradients along another axis",
      () => jensenShannonDivergence.valueAndGrad(vectors(x), vectors(y), { axis: 0 }),
    ],
  ])("%s", (_, call) => {
    const [actual, expected] = both(call);
    expect(actual).toEqual(expected);
    expect(calls).toEqual([]);
  });
});
