import { runInNewContext } from "node:vm";
import { maxUlp, random, ulpAt } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import {
  kernels,
  logSoftmax,
  logSoftmaxBackward,
  logSumExp,
  softmax,
  softmaxBackward,
  type Tensor,
  tensor,
  useKernels,
} from "../index.ts";
import { permute, rowsAlong, unpermute } from "./rowsAlong.ts";

type Data = Float32Array | Float64Array;

/** Every set of axes of an array of this rank, as a list, the last axis first. */
function axisLists(rank: number): number[][] {
  const lists: number[][] = [[]];
  for (let axis = 0; axis < rank; axis++) lists.push(...lists.map((list) => [axis, ...list]));
  return lists.slice(1);
}

function largest(values: Data): number {
  return Math.max(...values.map(Math.abs));
}

/** The indices of the elements of each row along `axes`, computed element by element. */
function rowIndices(shape: readonly number[], axes: readonly number[]): number[][] {
  const rows = new Map<string, number[]>();
  const visit = (place: number[], index: number) => {
    if (place.length < shape.length) {
      const size = shape[place.length];
      for (let i = 0; i < size; i++) visit([...place, i], index * size + i);
      return;
    }
    const key = place.filter((_, axis) => !axes.includes(axis)).join();
    const row = rows.get(key);
    if (row === undefined) rows.set(key, [index]);
    else row.push(index);
  };
  visit([], 0);
  return [...rows.values()];
}

const shapes = [[12], [3, 4], [2, 3, 4], [2, 1, 3], [1, 5, 4], [2, 3, 2, 2], [3, 5, 7, 4]];

const functions = {
  softmax: (x: Tensor, _: Tensor, axis: number | number[]) => softmax(x, { axis }),
  logSoftmax: (x: Tensor, _: Tensor, axis: number | number[]) =>
    logSoftmax(x, { axis, temperature: 2 }),
  softmaxBackward: (y: Tensor, g: Tensor, axis: number | number[]) =>
    softmaxBackward(g, y, { axis }),
  logSoftmaxBackward: (y: Tensor, g: Tensor, axis: number | number[]) =>
    logSoftmaxBackward(g, y, { axis }),
};

function arrayOf(element: "float32" | "float64", length: number, at: (i: number) => number): Data {
  const data = element === "float32" ? new Float32Array(length) : new Float64Array(length);
  return data.map((_: number, i: number) => at(i));
}

describe.each(kernels().available)("several axes are computed as one, kernels %s", (name) => {
  beforeAll(() => void useKernels(name));
  afterAll(() => void useKernels("auto"));

  describe.each(["float32", "float64"] as const)("%s", (element) => {
    const bound = element === "float32" ? 5 : 16;

    it.each(Object.entries(functions))("%s", (name, compute) => {
      for (const shape of shapes) {
        const length = shape.reduce((product, size) => product * size, 1);
        const r = random(length);
        const x = arrayOf(element, length, r.normal);
        const g = arrayOf(element, length, () => 1 + r.uniform());
        for (const axis of axisLists(shape.length)) {
          const result = compute({ data: x, shape }, { data: g, shape }, axis);
          expect(result.shape).toEqual(shape);
          let worst = 0;
          for (const indices of rowIndices(shape, axis)) {
            const part = (data: Data) => arrayOf(element, indices.length, (j) => data[indices[j]]);
            const row = (data: Data) => ({ data: part(data), shape: [indices.length] });
            const expected = compute(row(x), row(g), 0).data;
            const actual = part(result.data as Data);
            // The terms of a gradient cancel: its error is relative to the largest of its row.
            const error = name.endsWith("Backward")
              ? largest(actual.map((value, j) => value - expected[j])) /
                ulpAt(largest(expected as Data), element)
              : maxUlp(actual, expected, element);
            worst = Math.max(worst, error);
          }
          expect(worst, `axis ${axis} of ${shape}`).toBeLessThanOrEqual(bound);
        }
      }
    });

    it("logSumExp", () => {
      for (const shape of shapes) {
        const length = shape.reduce((product, size) => product * size, 1);
        const r = random(length);
        const x = arrayOf(element, length, () => 2 + r.uniform());
        for (const axis of axisLists(shape.length)) {
          const result = logSumExp({ data: x, shape }, { axis });
          const values = typeof result === "number" ? [result] : result.data;
          const rows = rowIndices(shape, axis);
          const expected = rows.map((row) =>
            logSumExp(arrayOf(element, row.length, (j) => x[row[j]])),
          );
          expect(maxUlp(values, expected, element)).toBeLessThanOrEqual(2);
        }
      }
    });
  });

  it("the order of the axes and their sign change no bit", () => {
    const r = random(7);
    const x = { data: Float32Array.from({ length: 420 }, r.normal), shape: [3, 5, 7, 4] };
    const expected = softmax(x, { axis: [0, 2] });
    expect(softmax(x, { axis: [2, 0] })).toEqual(expected);
    expect(softmax(x, { axis: [-2, -4] })).toEqual(expected);
    const flattened = softmax({ ...x, shape: [3, 35, 4] }, { axis: 1 });
    expect(softmax(x, { axis: [1, 2] }).data).toEqual(flattened.data);
    expect(softmax(x, { axis: [3] })).toEqual(softmax(x));
  });
});

const nested = [
  [
    [1, 2],
    [3, 4],
  ],
  [
    [5, 6],
    [7, 9],
  ],
];

describe("axes that are not adjacent", () => {
  const expected = softmax(nested, { axis: [0, 2] });

  it("work for every container", () => {
    const flat = nested.flat(2);
    const shape = [2, 2, 2];
    const f64 = softmax({ data: Float64Array.from(flat), shape }, { axis: [0, 2] });
    expect([...f64.data]).toEqual(expected.flat(2));
    const f32 = softmax({ data: Float32Array.from(flat), dims: shape }, { axis: [0, 2] });
    expect([...f32.data]).toEqual(expected.flat(2).map(Math.fround));
    // 1, 2, 3 … 9 as bits of bfloat16.
    const bits = Uint16Array.from(
      flat,
      (v) => new Uint32Array(Float32Array.of(v).buffer)[0] >>> 16,
    );
    const half = softmax({ data: bits, shape, type: "bfloat16" }, { axis: [0, 2] });
    expect(half).toEqual(f32);
  });

  it("work for strided inputs and a strided out", () => {
    // The same array with its last two axes swapped in memory.
    const data = Float64Array.from(nested.flatMap(([[a, b], [c, d]]) => [a, c, b, d]));
    const strides = [4, 1, 2];
    const result = softmax({ data, shape: [2, 2, 2], strides }, { axis: [0, 2] });
    expect([...result.data]).toEqual(expected.flat(2));
    const out = { data: new Float64Array(8), shape: [2, 2, 2], strides };
    const x = { data, shape: [2, 2, 2], strides };
    expect(softmax(x, { axis: [0, 2], out })).toBe(out);
    const swapped = expected.flatMap(([[a, b], [c, d]]) => [a, c, b, d]);
    expect([...out.data]).toEqual(swapped);
  });

  it("write to out, which may be the input, or overlap it", () => {
    const memory = new Float64Array(9);
    const data = memory.subarray(1);
    const shape = [2, 2, 2];
    data.set(nested.flat(2));
    softmax({ data, shape }, { axis: [0, 2], out: data });
    expect([...data]).toEqual(expected.flat(2));
    data.set(nested.flat(2));
    softmax({ data, shape }, { axis: [0, 2], out: memory.subarray(0, 8) });
    expect([...memory.subarray(0, 8)]).toEqual(expected.flat(2));

    const y = softmax({ data: Float32Array.from(nested.flat(2)), shape }, { axis: [0, 2] });
    const g = { data: Float32Array.of(1, 0, 0, 2, 0, 0, 3, 0), shape };
    const gradient = softmaxBackward(g, y, { axis: [0, 2] });
    softmaxBackward(g, y, { axis: [0, 2], out: y });
    expect(y).toEqual(gradient);
    const out = nested.map((matrix) => matrix.map((row) => row.map(() => 0)));
    expect(softmax(nested, { axis: [0, 2], out })).toBe(out);
    expect(out).toEqual(expected);
  });

  it("accept empty arrays", () => {
    const empty = { data: new Float32Array(0), shape: [2, 0, 3] };
    expect(softmax(empty, { axis: [0, 2] })).toEqual(empty);
    expect(logSumExp(empty, { axis: [0, 2] })).toEqual({ data: new Float32Array(0), shape: [0] });
    expect(logSumExp({ data: new Float32Array(0), shape: [2, 3, 0] }, { axis: [0, 2] })).toEqual({
      data: new Float32Array(3).fill(-Infinity),
      shape: [3],
    });
  });
});

it("permutes there and back", () => {
  const shape = [2, 3, 4, 5];
  const data = Float64Array.from({ length: 120 }, (_, i) => i);
  for (const permutation of [
    [0, 2, 1, 3],
    [3, 1, 0, 2],
    [1, 2, 0, 3],
    [2, 3, 0, 1],
    [3, 2, 1, 0],
  ]) {
    const permuted = permute(data, shape, permutation);
    expect(permuted).not.toContain(Number.NaN);
    const place = [1, 2, 3, 4];
    const index = permutation.reduce((sum, axis) => sum * shape[axis] + place[axis], 0);
    expect(permuted[index]).toBe(((1 * 3 + 2) * 4 + 3) * 5 + 4);
    const back = new Float64Array(120);
    unpermute(permuted, back, shape, permutation);
    expect(back).toEqual(data);
  }
});

it("needs no copy for axes that are adjacent, also beside axes of size 1", () => {
  const layoutOf = (shape: number[], axis: number[]) => rowsAlong("softmax", axis, shape).layout;
  expect(layoutOf([2, 3, 4, 5], [2, 1])).toEqual({ outer: 2, size: 12, inner: 5 });
  expect(layoutOf([2, 1, 3], [0, 2])).toEqual({ outer: 1, size: 6, inner: 1 });
  expect(layoutOf([1, 5, 4], [0, 2])).toEqual({ outer: 5, size: 4, inner: 1 });
  expect(rowsAlong("softmax", [0, 2], [2, 1, 3]).permutation).toBeUndefined();
  expect(rowsAlong("softmax", [0, 2], [2, 3, 4]).permutation).toEqual([1, 0, 2]);
});

describe.each(["softmax", "logSoftmax", "softmaxBackward", "logSoftmaxBackward", "logSumExp"])(
  "%s refuses",
  (name) => {
    const call = (axis: unknown) => {
      const options = { axis } as { axis: number };
      const x = [[1, 2]];
      if (name === "softmax") return softmax(x, options);
      if (name === "logSoftmax") return logSoftmax(x, options);
      if (name === "logSumExp") return logSumExp(x, options);
      return (name === "softmaxBackward" ? softmaxBackward : logSoftmaxBackward)(x, x, options);
    };
    const rule = `${name}: axis must be a whole number or an array of them, such as -1 or [0, 2]`;

    it.each([
      [[], new RangeError(`${rule}, got [].`)],
      [[0.5], new RangeError(`${name}: axis[0] must be a whole number, got 0.5.`)],
      [0.5, new RangeError(`${rule}, got 0.5.`)],
      [[0, "0"], new TypeError(`${name}: axis[1] must be a whole number, got "0".`)],
      [Array(1), new TypeError(`${name}: axis[0] must be a whole number, got undefined.`)],
      ["0", new TypeError(`${rule}, got "0".`)],
      [[[0]], new TypeError(`${name}: axis[0] must be a whole number, got Array(1).`)],
      [[0n], new TypeError(`${name}: axis[0] must be a whole number, got 0n.`)],
      [Float32Array.of(0, 1), new TypeError(`${rule}, got Float32Array(2).`)],
      [new Int32Array(0), new RangeError(`${rule}, got [].`)],
      [
        BigInt64Array.of(0n, 2n ** 60n),
        new RangeError(`${name}: axis[1] must be a whole number, got ${2 ** 60}.`),
      ],
      [
        Uint8Array.of(0, 2),
        new RangeError(`${name}: axis 2 is out of range for shape [1, 2], expected -2 to 1.`),
      ],
      [null, new TypeError(`${rule}, got null.`)],
      [
        [0, -2],
        new RangeError(`${name}: axis must not repeat an axis, got [0, -2] for shape [1, 2].`),
      ],
      [
        [0, 2],
        new RangeError(`${name}: axis 2 is out of range for shape [1, 2], expected -2 to 1.`),
      ],
    ])("%o", (axis, error) => {
      expect(() => call(axis)).toThrow(error);
    });
  },
);

describe("a typed array of integers holds axes", () => {
  const x = tensor(Float64Array.from({ length: 24 }, Math.cos), [2, 3, 4]);
  it.each([
    Int32Array.of(0, -1),
    Int8Array.of(-1, 0),
    Uint8Array.of(0, 2),
    BigInt64Array.of(0n, -1n),
    runInNewContext("Int32Array.of(0, 2)") as Int32Array,
  ])("%o", (axis) => {
    expect(logSumExp(x, { axis })).toEqual(logSumExp(x, { axis: [0, 2] }));
    expect(softmax(x, { axis })).toEqual(softmax(x, { axis: [0, 2] }));
    expect(softmaxBackward(x, x, { axis })).toEqual(softmaxBackward(x, x, { axis: [0, 2] }));
  });
});

it("accepts undefined for every option, and a constant list of axes", () => {
  const axis = [0, 1] as const;
  const none = undefined;
  expect(softmax([[1]], { axis, temperature: none, whenEmpty: none, out: none })).toEqual([[1]]);
  expect(softmaxBackward([[1]], [[1]], { axis: none, out: none })).toEqual([[0]]);
  expectTypeOf(logSumExp([[1]], { axis: none, keepDims: none })).toEqualTypeOf<number[]>();
});

it("shapes of many rows without elements return at once", () => {
  const empty = { data: new Float32Array(0), shape: [2 ** 31 - 1, 0] };
  for (const axis of [0, 1, [0, 1]]) {
    expect(softmax(empty, { axis }).shape).toEqual(empty.shape);
    expect(logSoftmax(empty, { axis }).data).toHaveLength(0);
    expect(softmaxBackward(empty, empty, { axis }).data).toHaveLength(0);
    expect(logSoftmaxBackward(empty, empty, { axis }).shape).toEqual(empty.shape);
  }
});

it("logSumExp of rows without elements is −∞, without a loop over rows", () => {
  const empty = { data: new Float32Array(0), shape: [2 ** 20, 0] };
  const weights = new Float32Array(0);
  for (const options of [{}, { weights }]) {
    const { data } = logSumExp(empty, options) as Tensor;
    expect(data).toHaveLength(2 ** 20);
    expect(data.every((value) => value === Number.NEGATIVE_INFINITY)).toBe(true);
  }
  const wide = { ...empty, shape: [0, 2 ** 31 - 1, 0] };
  expect((logSumExp(wide, { axis: [0, 1] }) as Tensor).shape).toEqual([0]);
});

it("options are read once, also those that are undefined", () => {
  const count = (call: (options: object) => unknown, rest: object) => {
    let reads = 0;
    const options = {};
    Object.defineProperty(options, "axis", { enumerable: true, get: () => -++reads });
    call(Object.assign(options, rest));
    return reads;
  };
  const x = [1, 2];
  expect(count((options) => softmax(x, options), { temperature: undefined })).toBe(1);
  expect(count((options) => logSumExp(x, options), { keepDims: undefined })).toBe(1);
  expect(count((options) => softmaxBackward(x, x, options), { out: undefined })).toBe(1);
  expect(() => softmax(x, { dim: undefined } as object)).toThrow('unknown option "dim"');
});
