import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  allocate,
  kernels,
  logSoftmax,
  logSoftmaxBackward,
  logSumExp,
  release,
  softmax,
  softmaxBackward,
  tensor,
  useKernels,
} from "../../index.ts";

describe.each(kernels().available)("kernels %s", (instructionSet) => {
  beforeAll(() => void useKernels(instructionSet));
  afterAll(() => void useKernels("auto"));

  it("creates tensors of zeros that do not overlap", () => {
    const tensors = [[3], [2, 5], [], [0, 4], [1000]].map((shape) => allocate(shape));
    expect(tensors.map(({ data }) => data.length)).toEqual([3, 10, 1, 0, 1000]);
    tensors.forEach(({ data }, i) => {
      expect(data.every((value) => value === 0)).toBe(true);
      data.fill(i + 1);
    });
    tensors.forEach(({ data }, i) => {
      expect(data.every((value) => value === i + 1)).toBe(true);
    });
  });

  it("keeps the values of earlier tensors through later allocations and release", () => {
    const early = allocate([4]);
    early.data.set([1, 2, 3, 4]);
    const large = allocate([2 ** 24 + 1]);
    large.data.fill(7);
    release();
    allocate([4]).data.fill(9);
    expect(Array.from(early.data)).toEqual([1, 2, 3, 4]);
    expect(softmax(early).data).toEqual(softmax(tensor(Float32Array.of(1, 2, 3, 4))).data);
  });

  it.each([
    [[7, 100], 1],
    [[100, 7], 1],
    [[3, 5, 7], 1],
    [[2, 3, 5000], 1],
    [[3000, 4], 0],
  ])(
    "gives shape %j along axis %d the results of ordinary tensors, also in place and with out",
    (shape, axis) => {
      const ordinary = tensor(
        Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i)),
        shape,
      );
      const x = allocate(shape);
      x.data.set(ordinary.data);
      for (const f of [softmax, logSoftmax]) {
        const expected = f(ordinary, { axis }).data;
        const out = allocate(shape);
        expect(f(x, { axis, out })).toBe(out);
        expect(out.data).toEqual(expected);
        expect(f(x, { axis }).data).toEqual(expected);
        expect(f(ordinary, { axis, out: allocate(shape) }).data).toEqual(expected);
        const inPlace = allocate(shape);
        inPlace.data.set(ordinary.data);
        expect(f(inPlace, { axis, out: inPlace }).data).toEqual(expected);
      }
      expect(logSumExp(x, { axis })).toEqual(logSumExp(ordinary, { axis }));
      expect(x.data).toEqual(ordinary.data);
    },
  );

  it("puts large tensors of one shape into one memory, where kernels compute in place", () => {
    release();
    const [x, out, gradient] = [0, 1, 2].map(() => allocate([100, 100_000]).data);
    if (instructionSet === "js") return expect(out.buffer).not.toBe(x.buffer);
    expect(out.buffer).toBe(x.buffer);
    expect(gradient.buffer).toBe(x.buffer);
    release();
  });

  it("puts tensors of one size into the same memory, also where the last memory has room for the first alone", () => {
    release();
    // A memory has 64 MiB. Of three tensors, the first would still fit behind these 20 MB.
    const small = allocate([5_000_000]).data;
    const [a, b, c] = Array.from({ length: 3 }, () => allocate([6_000_000]).data);
    const areTogether = a.buffer === b.buffer && a.buffer === c.buffer;
    expect(areTogether).toBe(instructionSet !== "js");
    expect(a.buffer === small.buffer).toBe(false);
    release();
  });

  // On both sides of the lengths from which rows are computed piece by piece.
  it.each([65_536, 65_541, 131_072, 131_077])(
    "has the results of ordinary arrays, rows of %d",
    (size) => {
      const data = Float32Array.from({ length: 2 * size }, (_, i) => 10 * Math.sin(i * i));
      const plain = tensor(data, [2, size]);
      const inMemory = (source: { data: Float32Array }) => {
        const own = allocate([2, size]);
        own.data.set(source.data);
        return own;
      };
      const allocated = inMemory(plain);
      const expectEqual = (a: { data: Float32Array }, b: { data: Float32Array }) =>
        expect(a.data.every((value, i) => Object.is(value, b.data[i]))).toBe(true);
      for (const [forward, backward] of [
        [softmax, softmaxBackward],
        [logSoftmax, logSoftmaxBackward],
      ] as const) {
        const output = forward(plain);
        expectEqual(forward(allocated), output);
        expectEqual(backward(allocated, inMemory(output)), backward(plain, output));
      }
      release();
    },
  );

  it("leaves the input unchanged, including the sign of zero", () => {
    const x = allocate([1, 256]);
    x.data.fill(-1);
    x.data[1] = -0;
    x.data[4] = 0;
    expect(logSumExp(x)).toMatchObject({ shape: [1] });
    expect([x.data[1], x.data[4]]).toEqual([-0, 0]);
  });
});

it("refuses invalid shapes", () => {
  for (const shape of [[-1], [Number.NaN], [1.5], [2 ** 30]]) {
    expect(() => allocate(shape), String(shape)).toThrow(RangeError);
  }
  expect(() => allocate(3 as never)).toThrow(TypeError);
});

it.each<[unknown[], string]>([
  [[1000], "allocate(1000)"],
  [[1000, 1000], "allocate(1000, 1000)"],
  [[[2, 2], "float64"], 'allocate(Array(2), "float64")'],
])("refuses %j, sizes in place of a shape and a type", (args, call) => {
  expect(() => (allocate as (...args: unknown[]) => unknown)(...args)).toThrow(
    new TypeError(
      `allocate: got ${call}, expected one array, such as allocate([1000, 1000]). All tensors are of float32.`,
    ),
  );
});

it("allocates each of several shapes", () => {
  expect([[2, 3], [4]].map(allocate).map(({ shape }) => shape)).toEqual([[2, 3], [4]]);
});
