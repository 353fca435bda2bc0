import { describe, expect, it } from "vitest";
import { logSoftmax, logSumExp, sigmoid, softmax } from "../index.ts";

const logits = { data: Float32Array.of(0, 0, 1, 1), shape: [2, 2] };

describe("the result", () => {
  it("has the kind of container that was passed in", () => {
    expect(softmax([[0, 0]])).toEqual([[0.5, 0.5]]);
    expect(softmax(Float32Array.of(0, 0))).toEqual(Float32Array.of(0.5, 0.5));
    expect(softmax(Float64Array.of(0, 0))).toEqual(Float64Array.of(0.5, 0.5));
    expect(softmax(logits)).toEqual({ data: new Float32Array(4).fill(0.5), shape: [2, 2] });
    expect(sigmoid(0)).toBe(0.5);
    expect(softmax({ data: new Uint16Array(2), dims: [2], type: "bfloat16" })).toEqual({
      data: Float32Array.of(0.5, 0.5),
      shape: [2],
    });
    expect(softmax([])).toEqual([]);
    expect(softmax([[], []])).toEqual([[], []]);
  });

  it.runIf(typeof Float16Array !== "undefined")("has half precision if the input has", () => {
    expect(softmax(Float16Array.of(0, 0))).toEqual(Float16Array.of(0.5, 0.5));
    const out = new Float16Array(2);
    expect(softmax(Float16Array.of(0, 0), { out })).toBe(out);
    expect(out).toEqual(Float16Array.of(0.5, 0.5));
  });

  it("loses the summed axis, and is a number if none is left", () => {
    expect(
      logSumExp([
        [0, 0],
        [1, 1],
      ]),
    ).toEqual([Math.LN2, 1 + Math.LN2]);
    expect(logSumExp(Float32Array.of(0, 0))).toBe(Math.fround(Math.LN2));
    expect(logSumExp([[0, 0]], { keepDims: true })).toEqual([[Math.LN2]]);
    expect(logSumExp({ data: new Float64Array(2), shape: [2, 1] }, { axis: 0 })).toEqual({
      data: Float64Array.of(Math.LN2),
      shape: [1],
    });
  });
});

describe("out", () => {
  it("must be a typed array itself", () => {
    const likes = [new Proxy(new Float32Array(2), {}), Object.create(Float32Array.prototype)];
    for (const out of likes) {
      expect(() => softmax(Float32Array.of(0, 0), { out })).toThrow("softmax: out");
    }
  });

  it("receives the result and is returned", () => {
    const vector = new Float32Array(2);
    expect(softmax(Float32Array.of(0, 0), { out: vector })).toBe(vector);
    const tensor = { data: new Float32Array(4), shape: [2, 2] };
    expect(softmax(logits, { out: tensor })).toBe(tensor);
    const nested = [[9, 9]];
    expect(softmax([[0, 0]], { out: nested })).toBe(nested);
    for (const value of [...vector, ...tensor.data, ...nested[0]]) expect(value).toBe(0.5);
  });

  it("may be a typed array where the result is a tensor, which then wraps it", () => {
    const out = new Float32Array(4);
    const result = softmax(logits, { out });
    expect(result.data).toBe(out);
    expect(result.shape).toEqual([2, 2]);
  });

  it("may be a tensor where the result is a vector, which then shares its memory", () => {
    const data = Float32Array.of(7, 0, 0);
    const x = Float32Array.of(0, 0);
    const result = softmax(x, { out: { data, shape: [2], offset: 1 } });
    expect(result).toEqual(Float32Array.of(0.5, 0.5));
    expect(result.buffer).toBe(data.buffer);
    const whole = softmax(x, { out: { data: x, shape: [2] } });
    expect(whole).toBe(x);
    const reversed = { data: new Float32Array(2), shape: [2], strides: [-1], offset: 1 };
    expect(softmax(Float32Array.of(-Infinity, 0), { out: reversed })).toEqual(
      Float32Array.of(0, 1),
    );
    expect(reversed.data).toEqual(Float32Array.of(1, 0));
  });

  it("may name its shape dims", () => {
    const out = { data: new Float32Array(4), dims: [2, 2] };
    expect(softmax(logits, { out })).toBe(out);
    expect(out.data).toEqual(new Float32Array(4).fill(0.5));
  });

  it("may have strides and an offset", () => {
    const data = new Float32Array(9).fill(7);
    logSoftmax(logits, { out: { data, shape: [2, 2], strides: [-4, 2], offset: 5 } });
    expect(Array.from(data, (v) => (v === 7 ? v : 0))).toEqual([7, 0, 7, 0, 7, 0, 7, 0, 7]);
  });

  it("may be the input, or overlap it", () => {
    const x = Float64Array.of(2, 1, 0, 5);
    const expected = softmax([2, 1, 0]);
    const inPlace = x.slice(0, 3);
    expect(Array.from(softmax(inPlace, { out: inPlace }))).toEqual(expected);
    const overlapping = x.slice();
    softmax(overlapping.subarray(0, 3), { out: overlapping.subarray(1, 4) });
    expect(Array.from(overlapping.subarray(1))).toEqual(expected);
  });

  it("receives a result that is a number", () => {
    const out = { data: new Float64Array(1), shape: [] };
    expect(logSumExp([0, 0], { out })).toBe(Math.LN2);
    expect(out.data[0]).toBe(Math.LN2);
  });

  it.each<[string, unknown, typeof TypeError, string]>([
    [
      "another element type",
      new Float64Array(4),
      TypeError,
      "softmax: out must be a Float32Array, got Float64Array(4).",
    ],
    [
      "another length",
      new Float32Array(3),
      RangeError,
      "softmax: out must have 4 elements for shape [2, 2], got 3.",
    ],
    [
      "another shape",
      { data: new Float32Array(4), shape: [4] },
      RangeError,
      "softmax: out must have shape [2, 2], got [4].",
    ],
    [
      "nested arrays",
      [
        [1, 2],
        [3, 4],
      ],
      TypeError,
      "softmax: out must be a Float32Array or { data, shape }, got Array(2).",
    ],
    ["null", null, TypeError, "got null."],
    [
      "an object that is no tensor",
      { input: new Float32Array(4) },
      TypeError,
      "softmax: out must be a Float32Array or { data, shape }, got Object.",
    ],
    [
      "the same element for two results",
      { data: new Float32Array(4), shape: [2, 2], strides: [0, 1] },
      RangeError,
      "softmax: out must not overlap itself, got strides [0, 1].",
    ],
  ])("refuses %s", (_, out, kind, message) => {
    const call = () => softmax(logits, { out: out as object });
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });

  it("refuses nested arrays of another shape", () => {
    const out = [[1], [2]];
    expect(() => softmax([[0, 0]], { out })).toThrow(
      new RangeError("softmax: out must be nested arrays of numbers of shape [1, 2], got [2, 1]."),
    );
    expect(() => softmax([0, 0], { out: new Float64Array(2) })).toThrow(TypeError);
    expect(() => softmax([0, 0], { out: new Array(2) })).toThrow(
      new TypeError("softmax: out[0] must be a number, got undefined."),
    );
    expect(out).toEqual([[1], [2]]);
  });

  it("is unchanged if another argument is wrong", () => {
    const out = Float64Array.of(7, 7);
    expect(() => softmax(Float64Array.of(1, 2), { out, temperature: 0 })).toThrow(RangeError);
    expect(() => softmax(Float64Array.of(1, 2), { out, axis: 1 })).toThrow(RangeError);
    expect(Array.from(out)).toEqual([7, 7]);
  });
});
