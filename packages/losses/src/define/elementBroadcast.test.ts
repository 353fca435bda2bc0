import type { FloatInput, NumberInput } from "@surprisal/core";
import { random } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { type AnyLoss, checkLoss, flat, float64 } from "../../test/checkLoss.ts";
import { defineLoss, type LossOptions } from "./defineLoss.ts";

interface WeightedOptions extends LossOptions {
  weight?: NumberInput;
  offset?: NumberInput;
}

/** The Gaussian loss as a formula of blocks: w · (log v + (x − t)² / v) / 2 + offset. */
const gaussian = defineLoss<
  WeightedOptions,
  [target: FloatInput, variance: FloatInput],
  "weight" | "offset"
>({
  kind: "element",
  name: "gaussian",
  arguments: ["input", "target", "variance"],
  differentiable: ["input", "target", "variance"],
  elementOptions: ["weight", "offset"],
  check: { variance: { valid: (v) => !(v < 0), expected: "a number of at least 0" } },
  neverThrows: true,
  formula: () => ({
    block({ count, losses, gradients }, input, target, variance, weight, offset) {
      const { input: dx, target: dt, variance: dv } = gradients ?? {};
      for (let i = 0; i < count; i++) {
        const [d, v, w] = [input[i] - target[i], variance[i], weight === undefined ? 1 : weight[i]];
        losses[i] = 0.5 * w * (Math.log(v) + (d * d) / v) + (offset === undefined ? 0 : offset[i]);
        if (dx) dx[i] = (w * d) / v;
        if (dt) dt[i] = (-w * d) / v;
        if (dv) dv[i] = 0.5 * w * (1 / v - (d / v) ** 2);
      }
    },
  }),
});

/** The same, as a formula of single elements. */
const single = defineLoss<
  WeightedOptions,
  [target: FloatInput, variance: FloatInput],
  "weight" | "offset"
>({
  kind: "element",
  name: "single",
  arguments: ["input", "target", "variance"],
  elementOptions: ["weight", "offset"],
  formula: () => ({
    loss: (x, t, v, w = 1, offset = 0) => 0.5 * w * (Math.log(v) + (x - t) ** 2 / v) + offset,
    gradients: {
      input: (x, t, v, w = 1) => (w * (x - t)) / v,
      target: (x, t, v, w = 1) => (-w * (x - t)) / v,
      variance: (x, t, v, w = 1) => 0.5 * w * (1 / v - ((x - t) / v) ** 2),
    },
  }),
});

const next = random(5);
const tensorOf = (...shape: number[]) =>
  float64(
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 0.5 + next.uniform()),
    shape,
  );

/** Repeats a tensor to a shape, element by element. */
function repeat({ data, shape }: ReturnType<typeof tensorOf>, full: readonly number[]) {
  const size = full.reduce((a, b) => a * b, 1);
  return float64(
    Float64Array.from({ length: size }, (_, i) => data[indexOf(i, shape, full)]),
    full,
  );
}

/** Returns the element of an array of shape `own` that element i of shape `full` repeats. */
function indexOf(i: number, own: readonly number[], full: readonly number[]): number {
  let [index, stride, rest] = [0, 1, i];
  for (let axis = 1; axis <= full.length; axis++) {
    const size = own[own.length - axis] ?? 1;
    if (size > 1) index += (rest % full[full.length - axis]) * stride;
    stride *= size;
    rest = Math.floor(rest / full[full.length - axis]);
  }
  return index;
}

/** Adds the elements of a gradient that repeat the same element of an argument. */
function sumBack(gradient: unknown, own: readonly number[], full: readonly number[]): number[] {
  const sums: number[] = new Array(own.reduce((a, b) => a * b, 1)).fill(0);
  flat(gradient).forEach((value, i) => {
    sums[indexOf(i, own, full)] += value;
  });
  return sums;
}

describe.each([
  [[4, 3], [3], [4, 1], [4, 3]],
  [[3], [4, 3], [], [4, 3]],
  [[4, 1], [1, 3], [3], [4, 3]],
  [
    [2, 1, 3],
    [5, 1],
    [2, 5, 1],
    [2, 5, 3],
  ],
  [[], [7], [1], [7]],
  [[1], [], [1, 1, 1], [1, 1, 1]],
  [
    [2, 3, 1, 70],
    [1, 1, 5, 1],
    [3, 1, 1],
    [2, 3, 5, 70],
  ],
  [[90, 100], [100], [90, 1], [90, 100]],
  [[0, 3], [1, 3], [3], [0, 3]],
])("shapes %j, %j and %j, broadcast to %j", (a, b, c, full) => {
  const [input, target, variance] = [a, b, c].map((shape) => tensorOf(...shape));
  const weight = tensorOf(...full.map((size, axis) => (axis % 2 ? size : 1)));
  const options = { weight, reduction: "none" as const };

  it.each([gaussian, single])("equal repeated arguments, with gradients summed back", (loss) => {
    const call: AnyLoss = loss.valueAndGrad;
    const broadcast = call(input, target, variance, options);
    const repeated = [input, target, variance].map((x) => repeat(x, full));
    const expected = call(...repeated, { ...options, weight: repeat(weight, full) });
    const isNumber = full.length === 0;
    if (!isNumber) expect(broadcast.value.shape).toEqual(full);
    expect(flat(broadcast.value)).toEqual(flat(expected.value));
    for (const [name, own] of [
      ["input", a],
      ["target", b],
      ["variance", c],
    ] as const) {
      const gradient = broadcast.grads[name];
      if (own.length > 0) expect(gradient.shape).toEqual(own);
      const sums = sumBack(expected.grads[name], own, full);
      const misses = flat(gradient).map((sum, i) => Math.abs(sum - sums[i]));
      expect(misses).toHaveLength(sums.length);
      expect(Math.max(0, ...misses)).toBeLessThan(5e-10);
    }
  });
});

describe("containers of broadcast results", () => {
  it("have the input's kind, with the losses' axes", () => {
    const none = { reduction: "none" as const };
    expect(gaussian(1, [1, 2], 1, none)).toEqual([0, 0.5]);
    expect(gaussian([1], [[1], [2]], 1, none)).toEqual([[0], [0.5]]);
    expect(gaussian(Float32Array.of(1), [[1], [2]], 1, none)).toEqual({
      data: Float32Array.of(0, 0.5),
      shape: [2, 1],
    });
    expect(gaussian([Float32Array.of(1)], [[1], [2]], 1, none)).toEqual([
      Float32Array.of(0),
      Float32Array.of(0.5),
    ]);
    const { grads } = gaussian.valueAndGrad([2, 4], 1, Float64Array.of(1), { reduction: "sum" });
    expect(grads).toEqual({ input: [1, 3], target: -4, variance: Float64Array.of(-4) });
  });

  it("sum float32 gradients in float64", () => {
    const input = new Float32Array(30000).fill(0.1);
    const { grads } = gaussian.valueAndGrad(input, 0, 1, { reduction: "sum" });
    expect(grads?.target).toBeCloseTo(-30000 * Math.fround(0.1), 7);
  });

  it("name the shapes that do not fit", () => {
    expect(() => gaussian([1, 2], [1, 2, 3], 1)).toThrow(
      new RangeError("gaussian: target must have shape [2] or be broadcastable with it, got [3]."),
    );
    expect(() => gaussian([1, 2], 1, 1, { weight: [1, 2, 3] })).toThrow(
      new RangeError("gaussian: weight must have shape [2] or be broadcastable to it, got [3]."),
    );
    expect(() => gaussian([1, 2], 1, 1, { weight: [[1], [2]] })).toThrow(RangeError);
  });
});

describe("checked values", () => {
  it("are named with their place, before anything is written", () => {
    const out = Float64Array.of(7, 7);
    expect(() => gaussian.valueAndGrad(Float64Array.of(1, 2), 0, [1, -2], { out })).toThrow(
      new RangeError("gaussian.valueAndGrad: variance[1] must be a number of at least 0, got -2."),
    );
    expect(out).toEqual(Float64Array.of(7, 7));
    expect(() => gaussian([[1, 2]], 0, [[-1], [1]])).toThrow("variance[0][0] must be");
    expect(() => gaussian(1, 0, -3)).toThrow("variance must be a number of at least 0, got -3.");
    expect(gaussian(1, 0, Number.NaN)).toBeNaN();
  });

  it("may be anything where all losses have the weight 0", () => {
    const input = [
      [1, 2],
      [3, 4],
    ];
    const sampleWeight = [[1], [0]];
    expect(gaussian(input, 0, [[1], [-1]], { sampleWeight })).toBe(1.25);
    expect(() => gaussian(input, 0, [1, -1], { sampleWeight })).toThrow("variance[1]");
  });
});

describe("integers", () => {
  const input = Float32Array.of(1, 2);

  it("are numbers without a gradient", () => {
    for (const target of [Int32Array.of(0, 1), new BigInt64Array([0n, 1n]), 0n]) {
      const { grads, grad } = gaussian.valueAndGrad(input, target as AnyLoss, 1);
      expect(Object.keys(grads ?? {})).toEqual(["input", "variance"]);
      expect(grads?.input).toBe(grad);
    }
    expect(gaussian(input, Uint8Array.of(0, 1) as AnyLoss, 1)).toBe(gaussian(input, [0, 1], 1));
  });

  it("are an error where their gradient is asked for", () => {
    const target = Int32Array.of(0, 1) as AnyLoss;
    const message =
      "target is not given, or holds integers or class indices, which have no gradient";
    const differentiate = ["input", "target"];
    expect(() => gaussian.valueAndGrad(input, target, 1, { differentiate })).toThrow(message);
    const out = { target: new Float32Array(2) };
    expect(() => gaussian.valueAndGrad(input, target, 1, { out })).toThrow(message);
    expect(() => gaussian(new Int32Array(2) as AnyLoss, 0, 1)).toThrow(TypeError);
  });
});

describe("differentiate", () => {
  it("leaves gradients out", () => {
    const { grads, grad } = gaussian.valueAndGrad([1, 2], [0, 0], 1, {
      differentiate: ["variance", "input"],
    });
    expect(Object.keys(grads ?? {})).toEqual(["input", "variance"]);
    expect(grads?.input).toBe(grad);
    const first = gaussian.valueAndGrad([1, 2], [0, 0], 1, { differentiate: ["input"] });
    expect(first).toEqual({ value: 1.25, grad: [0.5, 1], grads: { input: [0.5, 1] } });
  });

  it.each([
    ["input", TypeError, 'differentiate must be an array of argument names, got "input".'],
    [["input", "mean"], RangeError, 'holds "mean", expected names from input, target, variance.'],
    [["target"], RangeError, 'must hold "input", the first argument, got ["target"].'],
  ])("refuses %j", (differentiate, type, message) => {
    const call = () =>
      gaussian.valueAndGrad([1], [0], 1, { differentiate: differentiate as AnyLoss });
    expect(call).toThrow(type);
    expect(call).toThrow(message);
  });

  it("is an option of valueAndGrad only", () => {
    expect(() => gaussian([1], [0], 1, { differentiate: ["input"] } as AnyLoss)).toThrow(
      'only valueAndGrad has "gradOutput" and "differentiate"',
    );
  });
});

describe("out by the argument's name", () => {
  const input = Float64Array.of(1, 2);

  it("receives each gradient", () => {
    const out = { input: new Float64Array(2), variance: { data: new Float64Array(1), shape: [1] } };
    const variance = { data: Float64Array.of(1), shape: [1] };
    const { grad, grads } = gaussian.valueAndGrad(input, [0, 0], variance, { out });
    expect(grad).toBe(out.input);
    expect(grads?.variance).toBe(out.variance);
    expect(grads?.target).toEqual([-0.5, -1]);
    expect(out.variance.data).toEqual(Float64Array.of(-0.75));
    const own = { input: input.slice(), target: Float64Array.of(0, 0) };
    gaussian.valueAndGrad(own.input, own.target, 1, { out: own });
    expect(own).toEqual({ input: Float64Array.of(0.5, 1), target: Float64Array.of(-0.5, -1) });
  });

  it.each([
    [{ input: new Float64Array(2), mean: new Float64Array(2) }, 'out holds "mean", expected names'],
    [{ input: new Float64Array(3) }, "out.input must have 2 elements"],
    [{ input: new Float64Array(2), target: new Float64Array(2) }, "out.target must be nested"],
    [{}, "out"],
  ])("is checked before anything is written", (out, message) => {
    expect(() => gaussian.valueAndGrad(input, [0, 0], 1, { out })).toThrow(message);
    for (const array of Object.values(out)) expect(array.every((x) => x === 0)).toBe(true);
  });

  it("gives each gradient memory of its own", () => {
    const [a, b, shared] = [new Float64Array(3), [0, 0], { data: input, shape: [2] }];
    for (const [args, out] of [
      [[input, input], { input: a.subarray(0, 2), target: a.subarray(1) }],
      [[input, input], { input: a.subarray(0, 2), target: a.subarray(0, 2) }],
      [[b, [1, 2]], { input: b, target: b }],
      [[shared, shared], { input: shared, target: shared }],
    ] as AnyLoss[]) {
      expect(() => gaussian.valueAndGrad(args[0], args[1], 1, { out })).toThrow(
        "gaussian.valueAndGrad: out.input and out.target must not overlap in memory.",
      );
    }
    expect([...a, ...b, ...input]).toEqual([0, 0, 0, 0, 0, 1, 2]);
  });

  it("has no place for a gradient that is not computed", () => {
    const out = { target: [0, 0] };
    expect(() =>
      gaussian.valueAndGrad(input, [0, 0], 1, { out, differentiate: ["input"] }),
    ).toThrow("out holds target, which differentiate leaves out");
  });
});

checkLoss(
  gaussian,
  [
    {
      label: "a broadcast input is not smaller than its gradient",
      input: tensorOf(3, 1),
      rest: [tensorOf(4), tensorOf(3, 4)],
      options: { weight: tensorOf(4) },
    },
  ],
  { kind: "element" },
);
