import { random, relativeError } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import { softmax, sparsemax } from "../../index.ts";

/** Returns the projection by its definition: τ is found by bisection. */
function project(x: readonly number[]): number[] {
  const max = Math.max(...x);
  let low = -1;
  let high = 0;
  const sumAbove = (tau: number) =>
    x.reduce((sum, value) => sum + Math.max(0, value - max - tau), 0);
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (sumAbove(middle) > 1) low = middle;
    else high = middle;
  }
  return x.map((value) => Math.max(0, value - max - low));
}

describe("sparsemax", () => {
  it.each([1, 2, 3, 10, 500])("is the projection of %d numbers onto the simplex", (size) => {
    const r = random(size);
    for (const scale of [0.01, 0.3, 1, 10]) {
      const x = Array.from({ length: size }, () => scale * r.normal() + 5);
      const p = sparsemax(x);
      expect(relativeError(p, project(x), 1e-3)).toBeLessThan(1e-12);
      expect(p.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
    }
  });

  it("has exact values in small cases", () => {
    expect(sparsemax([2, 1.5, 0])).toEqual([0.75, 0.25, 0]);
    expect(sparsemax([0, 0, 0, 0])).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(sparsemax([1, 0])).toEqual([1, 0]);
    expect(sparsemax([7])).toEqual([1]);
    expect(sparsemax([3, 3.25], { temperature: 0.5 })).toEqual([0.25, 0.75]);
  });

  it("works along axes, on every container", () => {
    const x = [
      [0.1, 0.5, 0.2],
      [1, 0.3, 0.4],
    ];
    const columns = x[0].map((_, j) => sparsemax([x[0][j], x[1][j]]));
    expect(sparsemax(x, { axis: 0 })).toEqual([0, 1].map((i) => columns.map((c) => c[i])));
    const flat = sparsemax(x.flat());
    expect(sparsemax(x, { axis: [0, 1] })).toEqual([flat.slice(0, 3), flat.slice(3)]);
    const float32 = Float32Array.from(x[0]);
    const out = new Float32Array(3);
    expect(sparsemax(float32, { out })).toBe(out);
    expect(out).toEqual(Float32Array.from(sparsemax(Array.from(float32))));
    expect(sparsemax(float32, { out: float32 })).toEqual(out);
    expect(sparsemax({ data: new Float64Array(0), shape: [0, 3] })).toEqual({
      data: new Float64Array(0),
      shape: [0, 3],
    });
  });

  it("neither overflows nor loses digits where numbers are large", () => {
    expect(sparsemax([1e308, -1e308])).toEqual([1, 0]);
    expect(sparsemax([1e308, -1e308], { temperature: 1e300 })).toEqual([1, 0]);
    expect(sparsemax([2 ** 50, 2 ** 50 - 0.5])).toEqual([0.75, 0.25]);
  });

  it("treats rows without a finite maximum as softmax does", () => {
    const inf = Number.POSITIVE_INFINITY;
    for (const row of [
      [-inf, -inf],
      [inf, 0],
      [Number.NaN, 0],
      [0, Number.NaN],
      [0, -inf],
    ]) {
      expect(sparsemax(row)).toEqual(softmax(row));
      expect(sparsemax(row, { whenEmpty: "zero" })).toEqual(softmax(row, { whenEmpty: "zero" }));
    }
  });

  it("names itself in errors", () => {
    expect(() => sparsemax([1], { axis: 2 })).toThrow("sparsemax: axis 2 is out of range");
    expect(() => sparsemax([1], { temperature: 0 })).toThrow("sparsemax: temperature must be");
  });
});
