import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  allocate,
  kernels,
  logSoftmax,
  logSumExp,
  release,
  softmax,
  tensor,
  useKernels,
} from "../../index.ts";

describe.each(kernels().available)("kernels %s", (level) => {
  beforeAll(() => void useKernels(level));
  afterAll(() => void useKernels("auto"));

  it("gives tensors of zeros that never overlap", () => {
    const tensors = [[3], [2, 5], [], [0, 4], [1000]].map((shape) => allocate(shape));
    expect(tensors.map(({ data }) => data.length)).toEqual([3, 10, 1, 0, 1000]);
    tensors.forEach(({ data }, i) => {
      expect(data.every((one) => one === 0)).toBe(true);
      data.fill(i + 1);
    });
    tensors.forEach(({ data }, i) => {
      expect(data.every((one) => one === i + 1)).toBe(true);
    });
  });

  it("keeps earlier tensors through later allocations and release", () => {
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
  ])("computes %j along %d as on ordinary tensors, also in place and with out", (shape, axis) => {
    const plain = tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i)),
      shape,
    );
    const x = allocate(shape);
    x.data.set(plain.data);
    for (const f of [softmax, logSoftmax]) {
      const expected = f(plain, { axis }).data;
      const out = allocate(shape);
      expect(f(x, { axis, out })).toBe(out);
      expect(out.data).toEqual(expected);
      expect(f(x, { axis }).data).toEqual(expected);
      expect(f(plain, { axis, out: allocate(shape) }).data).toEqual(expected);
      const same = allocate(shape);
      same.data.set(plain.data);
      expect(f(same, { axis, out: same }).data).toEqual(expected);
    }
    expect(logSumExp(x, { axis })).toEqual(logSumExp(plain, { axis }));
    expect(x.data).toEqual(plain.data);
  });

  it("leaves the input as it is, to the sign of a zero", () => {
    const x = allocate([1, 256]);
    x.data.fill(-1);
    x.data[1] = -0;
    x.data[4] = 0;
    expect(logSumExp(x)).toMatchObject({ shape: [1] });
    expect([x.data[1], x.data[4]]).toEqual([-0, 0]);
  });
});

it("refuses shapes that cannot be", () => {
  for (const shape of [[-1], [Number.NaN], [1.5], [2 ** 30]]) {
    expect(() => allocate(shape), String(shape)).toThrow(RangeError);
  }
  expect(() => allocate(3 as never)).toThrow(TypeError);
});
