import type { FloatInput, NumberInput } from "@surprisal/core";
import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { type AnyLoss, checkLoss, flat, float64 } from "../../test/checkLoss.ts";
import { defineLoss, type LossOptions } from "./defineLoss.ts";

interface DistanceOptions extends LossOptions {
  axis?: number;
  weight?: NumberInput;
}

type Rest = [b: FloatInput, scale: FloatInput];

/** scale · Σ wⱼ (aⱼ − bⱼ)² / 2, as a formula of blocks. */
const blocks = defineLoss<DistanceOptions, Rest, "weight", never, ["vector", "value"]>({
  kind: "row",
  name: "blocks",
  arguments: { a: "vector", b: "vector", scale: "value" },
  differentiable: ["a", "b", "scale"],
  vectorOptions: ["weight"],
  neverThrows: true,
  formula: () => ({
    block({ rows, size, losses, gradients }, a, b, scale, weight) {
      const { a: da, b: db, scale: ds } = gradients ?? {};
      for (let r = 0, k = 0; r < rows; r++) {
        let sum = 0;
        for (let j = 0; j < size; j++, k++) {
          const [d, w] = [a[k] - b[k], weight === undefined ? 1 : weight[k]];
          sum += 0.5 * w * d * d;
          if (da) da[k] = scale[r] * w * d;
          if (db) db[k] = -scale[r] * w * d;
        }
        losses[r] = scale[r] * sum;
        if (ds) ds[r] = sum;
      }
    },
  }),
});

/** The same, as a formula of one row. */
const rows = defineLoss<DistanceOptions, Rest, "weight", never, ["vector", "value"]>({
  kind: "row",
  name: "rows",
  arguments: { a: "vector", b: "vector", scale: "value" },
  differentiable: ["a", "b", "scale"],
  vectorOptions: ["weight"],
  formula:
    () =>
    ([a, b, scale, weight], gradients) => {
      let sum = 0;
      for (let j = 0; j < a.length; j++) {
        const [d, w] = [a[j] - b[j], weight === undefined ? 1 : weight[j]];
        sum += 0.5 * w * d * d;
        if (gradients === undefined) continue;
        gradients[0][j] = scale[0] * w * d;
        gradients[1][j] = -scale[0] * w * d;
      }
      if (gradients) gradients[2][0] = sum;
      return scale[0] * sum;
    },
});

const next = random(6);
const tensorOf = (shape: readonly number[]) =>
  float64(
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => next.normal()),
    shape,
  );

/** Returns the element at these indices of the losses; axes of size 1 repeat, missing ones too. */
function elementAt(shape: readonly number[], indices: readonly number[]): number {
  const own = indices.slice(indices.length - shape.length);
  return shape.reduce((at, size, axis) => at * size + (size === 1 ? 0 : own[axis]), 0);
}

function* indicesOf(shape: readonly number[], axis = 0): Generator<number[]> {
  if (axis === shape.length) yield [];
  else
    for (let i = 0; i < shape[axis]; i++)
      for (const rest of indicesOf(shape, axis + 1)) yield [i, ...rest];
}

describe.each([
  // a, b, scale, axis, losses, size of a vector
  [[4, 3], [3], [4], -1, [4], 3],
  [[3], [4, 3], [], -1, [4], 3],
  [[4, 1, 3], [5, 3], [4, 1], -1, [4, 5], 3],
  [[2, 3, 4], [3, 1], [4], 1, [2, 4], 3],
  [[2, 3, 4], [3, 4], [2, 1], -2, [2, 4], 3],
  [[3, 2], [3, 1], [6, 1], 0, [6, 2], 3],
  [[3], [3], [2, 2], 0, [2, 2], 3],
  [[1, 700], [5, 700], [5], -1, [5], 700],
  [[9, 4, 1, 50], [4, 30, 50], [], 1, [9, 30, 50], 4],
  [[], [2, 1], [2], -1, [2], 1],
])("vectors of %j and %j, values of %j, along axis %d", (a, b, scale, axis, shape, size) => {
  const args = [a, b, scale].map(tensorOf);
  const weight = Float64Array.from({ length: size }, () => next.uniform());
  const fromEnd = axis < 0 ? -axis : Math.max(a.length, b.length) - axis;

  it.each([blocks, rows])("are broadcast, with gradients summed back", (loss) => {
    const { value, grads } = (loss.valueAndGrad as AnyLoss)(...args, {
      axis,
      weight,
      reduction: "none",
    });
    const expected = {
      a: new Float64Array(args[0].data.length),
      b: new Float64Array(args[1].data.length),
      scale: new Float64Array(args[2].data.length),
    };
    const losses: number[] = [];
    for (const indices of indicesOf(shape)) {
      const at = indices.length + 1 - fromEnd;
      const s = elementAt(scale, indices);
      let sum = 0;
      for (let j = 0; j < size; j++) {
        const full = [...indices.slice(0, at), j, ...indices.slice(at)];
        const [i, k] = [elementAt(a, full), elementAt(b, full)];
        const d = args[0].data[i] - args[1].data[k];
        sum += 0.5 * weight[j] * d * d;
        expected.a[i] += args[2].data[s] * weight[j] * d;
        expected.b[k] -= args[2].data[s] * weight[j] * d;
      }
      expected.scale[s] += sum;
      losses.push(args[2].data[s] * sum);
    }
    expect(value.shape).toEqual(shape);
    for (const [i, x] of losses.entries()) expect(value.data[i]).toBeCloseTo(x, 10);
    for (const [i, name] of (["a", "b", "scale"] as const).entries()) {
      if (args[i].shape.length > 0) expect(grads[name].shape).toEqual(args[i].shape);
      for (const [k, x] of flat(grads[name]).entries()) expect(x).toBeCloseTo(expected[name][k], 9);
    }
  });
});

describe("a row loss of broadcast vectors", () => {
  it("names shapes that do not fit", () => {
    const a = tensorOf([4, 3]);
    expect(() => blocks(a, tensorOf([4, 1]), 1)).toThrow(
      "blocks: b must have vectors of 3 elements along axis -1, got shape [4, 1].",
    );
    expect(() => blocks(a, tensorOf([5, 3]), 1)).toThrow(
      "blocks: b must have shape [4] or be broadcastable with it, got [5].",
    );
    expect(() => blocks(a, a, [1, 2])).toThrow("blocks: scale must have shape [4]");
    expect(() => blocks(a, a, 1, { axis: 2 })).toThrow("axis 2 is out of range for shape [4, 3]");
    expect(() => blocks(a, a, 1, { weight: [1, 2] })).toThrow(
      "blocks: weight must have shape [3], one number per element of a vector, or [4, 3], got [2].",
    );
  });

  it("takes integers without a gradient, and leaves gradients out", () => {
    const b = { data: Int32Array.of(0, 1), shape: [2] } as AnyLoss;
    for (const loss of [blocks, rows]) {
      const { grads } = loss.valueAndGrad([1, 2], b, 1);
      expect(grads).toEqual({ a: [1, 1], scale: 1 });
      const { grads: fewer } = loss.valueAndGrad([1, 2], [0, 1], 1, { differentiate: ["a"] });
      expect(fewer).toEqual({ a: [1, 1] });
    }
  });

  it("writes each gradient to its out, even over its argument", () => {
    const [a, b] = [tensorOf([2, 3, 4]), tensorOf([3, 1])];
    const expected = blocks.valueAndGrad(a, b, 2, { axis: 1 });
    const { grads } = blocks.valueAndGrad(a, b, 2, { axis: 1, out: { a, b } });
    expect([grads?.a, grads?.b]).toEqual([a, b]);
    expect(grads).toEqual(expected.grads);
  });
});

checkLoss(
  blocks,
  [
    { label: "broadcast vectors", input: tensorOf([2, 3]), rest: [tensorOf([3]), [1, 2]] },
    {
      label: "an input that is repeated",
      input: tensorOf([3, 1]),
      rest: [tensorOf([3, 4]), 2],
      options: { axis: 0, weight: [1, 2, 3] },
    },
  ],
  { kind: "row" },
);
