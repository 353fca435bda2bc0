import { elementBlockLength } from "@surprisal/core/authoring";
import { expect, it } from "vitest";
import { huberLoss } from "../huberLoss/huberLoss.ts";
import { blockLossNamed, composedLossNamed } from "../threads.ts";
import { tripletMarginLoss } from "../tripletMarginLoss/tripletMarginLoss.ts";

// Three blocks.
const length = 3 * elementBlockLength;
const numbers = (seed: number) => Float32Array.from({ length }, (_, i) => Math.sin(seed * i));

it("a loss that is found by its name sums each block, and scales the gradients", () => {
  const [input, target] = [numbers(3), numbers(5)];
  const [sums, gradient] = [new Float64Array(3), new Float32Array(length)];
  // The gradient of the first argument replaces the second, which is read before.
  const second = target.slice();
  const compute = blockLossNamed("huberLoss", { delta: 0.3 });
  compute({ inputs: [input, second], gradients: [second, gradient], sums }, 0.5);
  const options = { delta: 0.3, reduction: "sum" } as const;
  for (let block = 0; block < 3; block++) {
    const start = block * elementBlockLength;
    const [x, y] = [input, target].map((array) =>
      array.subarray(start, start + elementBlockLength),
    );
    expect(sums[block]).toBe(huberLoss(x, y, options));
  }
  const whole = huberLoss.valueAndGrad(input, target, { ...options, gradOutput: 0.5 });
  expect(second).toEqual(whole.grad);
  expect(gradient).toEqual(whole.grads.target);
});

it("weights multiply the losses and the gradients", () => {
  const [input, target] = [numbers(3), numbers(5)];
  const sampleWeight = Float64Array.from({ length }, (_, i) => (i % 5) / 3);
  for (let i = 0; i < length; i += 5) input[i] = Number.NaN;
  const [sums, gradient] = [new Float64Array(3), new Float32Array(length)];
  const compute = blockLossNamed("huberLoss", { delta: 0.3 });
  compute({ inputs: [input, target], gradients: [gradient, undefined], sampleWeight, sums }, 0.5);
  const options = { delta: 0.3, reduction: "sum", sampleWeight } as const;
  const whole = huberLoss.valueAndGrad(input, target, { ...options, gradOutput: 0.5 });
  expect(gradient).toEqual(whole.grad);
  expect(sums[0] + sums[1] + sums[2]).toBeCloseTo(whole.value, 6);
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
  const compute = blockLossNamed("tripletMarginLoss", options, size);
  const inputs = [anchor, positive, negative];
  compute({ inputs, gradients: [undefined, gradient, undefined], sums }, 0.5);
  const tensorOf = (data: Float32Array) => ({ data, shape: [data.length / size, size] });
  const summed = { ...options, reduction: "sum" } as const;
  for (let block = 0; block < 3; block++) {
    const start = block * blockLength;
    const [a, b, c] = inputs.map((data) => tensorOf(data.subarray(start, start + blockLength)));
    expect(sums[block]).toBe(tripletMarginLoss(a, b, c, summed));
  }
  const [a, b, c] = inputs.map(tensorOf);
  const whole = tripletMarginLoss.valueAndGrad(a, b, c, { ...summed, gradOutput: 0.5 });
  expect({ data: gradient, shape: b.shape }).toEqual(whole.grads.positive);
});

it("a loss without gradients leaves its arguments as they are", () => {
  const [input, target, sums] = [numbers(3), numbers(5), new Float64Array(3)];
  const compute = blockLossNamed("mseLoss", {});
  compute({ inputs: [input, target], gradients: [undefined, undefined], sums }, undefined);
  expect(sums.every((sum) => sum > 0)).toBe(true);
  expect(input).toEqual(numbers(3));
});

it("names of other losses are refused", () => {
  expect(() => blockLossNamed("crossEntropy", {})).toThrow(
    "blockLossNamed: there is no loss of elements or vectors named crossEntropy.",
  );
  expect(() => blockLossNamed("tripletMarginLoss", {})).toThrow("named tripletMarginLoss");
  expect(() => blockLossNamed("cosineEmbeddingLoss", {}, 3)).toThrow("named cosineEmbeddingLoss");
  expect(() => composedLossNamed("mseLoss", {}, 1)).toThrow(
    "composedLossNamed: no loss named mseLoss is a function of the cross-entropy.",
  );
  expect(() => composedLossNamed("toString", {}, 1)).toThrow("no loss named toString");
});
