import { elementBlockLength } from "@surprisal/core/authoring";
import { expect, it } from "vitest";
import { binaryCrossEntropyWithLogits } from "../binaryCrossEntropyWithLogits/binaryCrossEntropyWithLogits.ts";
import { cosineEmbeddingLoss } from "../cosineEmbeddingLoss/cosineEmbeddingLoss.ts";
import { huberLoss } from "../huberLoss/huberLoss.ts";
import { multilabelSoftMarginLoss } from "../multilabelSoftMarginLoss/multilabelSoftMarginLoss.ts";
import { blockLossNamed, composedLossNamed } from "../threads.ts";
import { tripletMarginLoss } from "../tripletMarginLoss/tripletMarginLoss.ts";

// Three blocks.
const length = 3 * elementBlockLength;
const whole = { start: 0, end: length };
/** Both arguments have an array of the blocks. There is no option that is an array, and there are no upstream gradients. */
const pair = ["own", "own", null, null] as const;
const numbers = (seed: number) => Float32Array.from({ length }, (_, i) => Math.sin(seed * i));

it("a loss that is found by its name sums each block, and scales the gradients", () => {
  const [input, target] = [numbers(3), numbers(5)];
  const [sums, gradient] = [new Float64Array(3), new Float32Array(length)];
  // The gradient of the first argument replaces the second, which is read before.
  const second = target.slice();
  const compute = blockLossNamed({ name: "huberLoss", options: { delta: 0.3 } }, pair);
  const gradients = [second, gradient];
  compute({ inputs: [input, second], gradients, ...whole, values: sums }, 0.5);
  const options = { delta: 0.3, reduction: "sum" } as const;
  for (let block = 0; block < 3; block++) {
    const start = block * elementBlockLength;
    const [x, y] = [input, target].map((array) =>
      array.subarray(start, start + elementBlockLength),
    );
    expect(sums[block]).toBe(huberLoss(x, y, options));
  }
  const expected = huberLoss.valueAndGrad(input, target, { ...options, gradOutput: 0.5 });
  expect(second).toEqual(expected.grad);
  expect(gradient).toEqual(expected.grads.target);
});

it("weights multiply the losses and the gradients", () => {
  const [input, target] = [numbers(3), numbers(5)];
  const sampleWeight = Float64Array.from({ length }, (_, i) => (i % 5) / 3);
  for (let i = 0; i < length; i += 5) input[i] = Number.NaN;
  const [sums, gradient] = [new Float64Array(3), new Float32Array(length)];
  const compute = blockLossNamed({ name: "huberLoss", options: { delta: 0.3 } }, pair);
  const arrays = { inputs: [input, target], gradients: [gradient, undefined], sampleWeight };
  compute({ ...arrays, ...whole, values: sums }, 0.5);
  const options = { delta: 0.3, reduction: "sum", sampleWeight } as const;
  const expected = huberLoss.valueAndGrad(input, target, { ...options, gradOutput: 0.5 });
  expect(gradient).toEqual(expected.grad);
  expect(sums[0] + sums[1] + sums[2]).toBeCloseTo(expected.value, 6);
  expect(gradient[5]).toBe(0);
});

it("a loss of vectors that is found by its name does the same", () => {
  // 41 vectors make a block.
  const [size, blockLength] = [99, 41 * 99];
  const [anchor, positive, negative] = [3, 5, 7].map((seed) =>
    numbers(seed).subarray(0, 3 * blockLength),
  );
  const [sums, gradient] = [new Float64Array(3), new Float32Array(3 * blockLength)];
  const options = { margin: 0.5, p: 2, eps: 1e-6, swap: true };
  const loss = { name: "tripletMarginLoss", options, size };
  const compute = blockLossNamed(loss, ["own", "own", "own", null]);
  const inputs = [anchor, positive, negative];
  const gradients = [undefined, gradient, undefined];
  compute({ inputs, gradients, start: 0, end: 3 * blockLength, values: sums }, 0.5);
  const tensorOf = (data: Float32Array) => ({ data, shape: [data.length / size, size] });
  const summed = { ...options, reduction: "sum" } as const;
  for (let block = 0; block < 3; block++) {
    const start = block * blockLength;
    const [a, b, c] = inputs.map((data) => tensorOf(data.subarray(start, start + blockLength)));
    expect(sums[block]).toBe(tripletMarginLoss(a, b, c, summed));
  }
  const [a, b, c] = inputs.map(tensorOf);
  const expected = tripletMarginLoss.valueAndGrad(a, b, c, { ...summed, gradOutput: 0.5 });
  expect({ data: gradient, shape: b.shape }).toEqual(expected.grads.positive);
});

it("blocks find inputs that they share by their place in the call", () => {
  const { size, start, end } = { size: 64, start: elementBlockLength, end: 3 * elementBlockLength };
  const rows = length / size;
  const [input, upstream, posWeight] = [numbers(3), numbers(7), numbers(11).map(Math.abs)];
  const weight = numbers(5).subarray(0, size).map(Math.abs);
  const target = Float32Array.of(0.25);
  const call = { data: input, shape: [rows, size] };
  const all = { data: posWeight, shape: call.shape };
  const options = { weight, posWeight: all, reduction: "none" } as const;
  const expected = binaryCrossEntropyWithLogits.valueAndGrad(call, target, {
    ...{ ...options, differentiate: ["input"], gradOutput: { data: upstream, shape: call.shape } },
  });
  const perColumn = [
    { size: rows, stride: 0 },
    { size, stride: 1 },
  ];
  const places = [
    "own",
    { offset: size, axes: [{ size: length, stride: 0 }] },
    { offset: 0, axes: perColumn },
    "own",
    "own",
  ] as const;
  const [losses, gradient] = [0, 1].map(() => new Float32Array(end - start));
  blockLossNamed({ name: "binaryCrossEntropyWithLogits", options: {} }, places)(
    {
      ...{ inputs: [input, posWeight, upstream].map((array) => array.subarray(start, end)) },
      ...{ start, end },
      ...{ shared: Float32Array.of(...weight, ...target), losses },
      ...{ gradients: [gradient, undefined], values: new Float64Array(2) },
    },
    undefined,
  );
  expect(losses).toEqual((expected.value as typeof call).data.subarray(start, end));
  expect(gradient).toEqual((expected.grads.input as typeof call).data.subarray(start, end));
});

it("a loss of vectors stores its losses, with one number per vector", () => {
  const { size, start, end } = { size: 64, start: elementBlockLength, end: 3 * elementBlockLength };
  const rows = length / size;
  const [a, b] = [3, 5].map((seed) => ({ data: numbers(seed), shape: [rows, size] }));
  const target = Float32Array.from({ length: rows }, (_, r) => (r % 5 < 2 ? 1 : -1));
  const gradOutput = { data: numbers(7).slice(0, rows), shape: [rows] };
  const options = { reduction: "none", gradOutput } as const;
  const expected = cosineEmbeddingLoss.valueAndGrad(a, b, target, options);
  const axes = [{ size: rows, stride: 1 }];
  const places = ["own", "own", { offset: 0, axes }, { offset: rows, axes }] as const;
  const loss = { name: "cosineEmbeddingLoss", options: { margin: 0 }, size };
  const values = new Float64Array((end - start) / size);
  const gradients = [0, 1].map(() => new Float32Array(end - start));
  const shared = Float32Array.of(...target, ...gradOutput.data);
  const inputs = [a, b].map(({ data }) => data.subarray(start, end));
  blockLossNamed(loss, places, true)({ inputs, shared, start, end, gradients, values }, undefined);
  const { data } = expected.value as typeof a;
  expect(values).toEqual(Float64Array.from(data.subarray(start / size, end / size)));
  expect(gradients).toEqual(
    [expected.grads.input1, expected.grads.input2].map((gradient) =>
      (gradient as typeof a).data.subarray(start, end),
    ),
  );
});

it("vectors of an option are found from the first row of the blocks on", () => {
  const { size, start, end } = { size: 99, start: 2 * 41 * 99, end: 3 * 41 * 99 };
  const rows = 124;
  const tensorOf = (data: Float32Array) => ({
    data: data.subarray(0, rows * size),
    shape: [rows, size],
  });
  const [input, target, weight] = [3, 5, 7].map((seed) => tensorOf(numbers(seed).map(Math.abs)));
  const expected = multilabelSoftMarginLoss(input, target, { weight, reduction: "none" });
  const axes = [{ size: rows * size, stride: 1 }];
  const values = new Float64Array((end - start) / size);
  const loss = { name: "multilabelSoftMarginLoss", options: {}, size };
  const inputs = [input, target].map(({ data }) => data.subarray(start, end));
  blockLossNamed(
    loss,
    ["own", "own", { offset: 0, axes }, null],
    true,
  )(
    { inputs, shared: weight.data, gradients: [undefined, undefined], start, end, values },
    undefined,
  );
  const { data } = expected as typeof input;
  expect(values).toEqual(Float64Array.from(data.subarray(start / size, end / size)));
});

it("a loss without gradients leaves its arguments as they are", () => {
  const [input, target, sums] = [numbers(3), numbers(5), new Float64Array(3)];
  const compute = blockLossNamed({ name: "mseLoss", options: {} }, pair);
  const gradients = [undefined, undefined];
  compute({ inputs: [input, target], gradients, ...whole, values: sums }, undefined);
  expect(sums.every((sum) => sum > 0)).toBe(true);
  expect(input).toEqual(numbers(3));
});

it("names of other losses are refused", () => {
  const named = (name: string, size?: number) => blockLossNamed({ name, options: {}, size }, pair);
  expect(() => named("crossEntropy")).toThrow(
    "blockLossNamed: there is no loss of elements or vectors named crossEntropy.",
  );
  expect(() => named("tripletMarginLoss")).toThrow("named tripletMarginLoss");
  expect(() => named("multilabelMarginLoss", 3)).toThrow("named multilabelMarginLoss");
  expect(() => composedLossNamed("mseLoss", {}, 1)).toThrow(
    "composedLossNamed: no loss named mseLoss is a function of the cross-entropy.",
  );
  expect(() => composedLossNamed("toString", {}, 1)).toThrow("no loss named toString");
});
