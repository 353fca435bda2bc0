import { expect, it } from "vitest";
import { crossEntropy } from "../crossEntropy/crossEntropy.ts";
import { nllLoss } from "../nllLoss/nllLoss.ts";
import { defineLoss } from "./defineLoss.ts";

const squaredError = defineLoss({
  kind: "element",
  name: "squaredError",
  formula: () => ({ loss: (x, t) => (x - t) ** 2, gradients: { input: (x, t) => 2 * (x - t) } }),
});

const dotProduct = defineLoss({
  kind: "row",
  name: "dotProduct",
  arguments: { input: "vector", target: "vector" },
  differentiable: ["input"],
  formula:
    () =>
    ([x, t]) =>
      x.reduce((sum, value, j) => sum + value * t[j], 0),
});

/** A view that tracks the length of its buffer, and an object whose getter shrinks that. */
function makeShrinking(values: number[], data: Float32Array | Int32Array, shape: number[]) {
  const bytes = 8 * values.length;
  const buffer = Reflect.construct(ArrayBuffer, [
    bytes,
    { maxByteLength: bytes },
  ]) as ArrayBuffer & {
    resize(length: number): void;
  };
  const view = new Float64Array(buffer);
  view.set(values);
  const shrinking = {
    get data() {
      buffer.resize(8);
      return data;
    },
    shape,
  };
  return { view, shrinking };
}

const changed = /an argument was detached or resized while other arguments were read/;

it.each([
  ["crossEntropy", crossEntropy],
  ["nllLoss", nllLoss],
  ["squaredError", squaredError],
  ["dotProduct", dotProduct],
] as const)("%s refuses an argument that a later getter shrinks", (name, loss) => {
  const isClassLoss = name === "crossEntropy" || name === "nllLoss";
  const target = isClassLoss ? new Int32Array(1) : new Float32Array(3);
  const targetShape = isClassLoss ? [] : [3];
  for (const call of [loss, loss.valueAndGrad] as ((...args: unknown[]) => unknown)[]) {
    const { view, shrinking } = makeShrinking([1, 2, 3], target, targetShape);
    expect(() => call(view, shrinking)).toThrow(changed);
    const lossShape = name === "squaredError" ? [3] : [];
    const sampleWeight = makeShrinking([1, 2, 3], new Float32Array(lossShape[0] ?? 1), lossShape);
    const options = { sampleWeight: sampleWeight.shrinking };
    expect(() => call(sampleWeight.view, isClassLoss ? 0 : target, options)).toThrow(changed);
    const targetView = makeShrinking([0.5, 0.5, 0], new Float32Array(lossShape[0] ?? 1), lossShape);
    if (name === "nllLoss") continue;
    const input = Float32Array.of(1, 2, 3);
    expect(() => call(input, targetView.view, { sampleWeight: targetView.shrinking })).toThrow();
  }
});

it("refuses an upstream gradient and an input that a getter of out shrinks", () => {
  const input = [
    [1, 2],
    [3, 4],
  ];
  const { view, shrinking } = makeShrinking([1, 2], new Float32Array(4), [2, 2]);
  const matrix = { data: new Float32Array(4), shape: [2, 2] };
  const options = { reduction: "none", gradOutput: view, out: shrinking } as const;
  expect(() => crossEntropy.valueAndGrad(matrix, [0, 1], options)).toThrow(changed);
  expect(crossEntropy.valueAndGrad(input, [0, 1]).grad).toHaveLength(2);
  const whole = makeShrinking([1, 2, 3, 4], new Float32Array(4), [2, 2]);
  const tensor = { data: whole.view, shape: [2, 2] };
  const { shrinking: weights } = makeShrinking([1], new Float32Array(2), [2]);
  const weightOptions = {
    weight: {
      get data() {
        void whole.shrinking.data;
        return weights.data;
      },
      shape: [2],
    },
  };
  expect(() => crossEntropy(tensor, [0, 1], weightOptions)).toThrow(changed);
});
