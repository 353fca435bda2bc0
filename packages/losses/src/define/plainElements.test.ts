import { elementBlockLength } from "@surprisal/core/authoring";
import { expect, it } from "vitest";
import { huberLoss } from "../huberLoss/huberLoss.ts";
import { composedLossNamed, elementLossNamed } from "../threads.ts";

// Three blocks.
const length = 3 * elementBlockLength;
const numbers = (seed: number) => Float32Array.from({ length }, (_, i) => Math.sin(seed * i));

it("a loss that is found by its name sums each block, and scales the gradients", () => {
  const [input, target] = [numbers(3), numbers(5)];
  const [sums, gradient] = [new Float64Array(3), new Float32Array(length)];
  // The gradient of the first argument replaces the second, which is read before.
  const second = target.slice();
  const compute = elementLossNamed("huberLoss", { delta: 0.3 });
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

it("a loss without gradients leaves its arguments as they are", () => {
  const [input, target, sums] = [numbers(3), numbers(5), new Float64Array(3)];
  const compute = elementLossNamed("mseLoss", {});
  compute({ inputs: [input, target], gradients: [undefined, undefined], sums }, undefined);
  expect(sums.every((sum) => sum > 0)).toBe(true);
  expect(input).toEqual(numbers(3));
});

it("names of other losses are refused", () => {
  expect(() => elementLossNamed("crossEntropy", {})).toThrow(
    "elementLossNamed: there is no loss of elements named crossEntropy.",
  );
  expect(() => composedLossNamed("mseLoss", {}, 1)).toThrow(
    "composedLossNamed: no loss named mseLoss is a function of the cross-entropy.",
  );
  expect(() => composedLossNamed("toString", {}, 1)).toThrow("no loss named toString");
});
