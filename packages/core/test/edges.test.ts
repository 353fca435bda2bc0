// Values at the edges of float32 and float64, at every kernel and along every kind of axis.
import { maxUlp } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kernels, logSoftmax, softmax, useKernels } from "../src/index.ts";

/** Shapes with the axis of their rows: short and long rows, columns, rows that are packed, a row in pieces. */
const shapes = [
  { name: "short rows", shape: [37, 5], axis: 1 },
  { name: "long rows", shape: [3, 301], axis: 1 },
  { name: "columns", shape: [5, 68], axis: 0 },
  { name: "packed columns", shape: [300, 3], axis: 0 },
  { name: "a row in pieces", shape: [2, 131077], axis: 1 },
];

type FloatArray = Float32Array | Float64Array;

/** Fills the rows of a shape with a row that is cut, or continued with its last element. */
function fillRows(
  Type: typeof Float32Array | typeof Float64Array,
  shape: readonly number[],
  axis: number,
  row: readonly number[],
): { data: FloatArray; shape: readonly number[] } {
  const data = new Type(shape[0] * shape[1]);
  const inner = axis === 0 ? shape[1] : 1;
  const size = shape[axis];
  for (let i = 0; i < data.length; i++) {
    data[i] = row[Math.min(Math.floor(i / inner) % size, row.length - 1)];
  }
  return { data, shape };
}

describe.each(kernels().available)("kernels %s", (name) => {
  beforeAll(() => void useKernels(name));
  afterAll(() => void useKernels("auto"));

  describe.each(shapes)("$name", ({ shape, axis }) => {
    it("divides differences by the temperature that overflow before", () => {
      for (const [Type, huge, temperatures] of [
        [Float32Array, 3e38, [1.5, 16, 1e30, 1e38]],
        [Float64Array, 1.7e308, [1.5, 16, 1e30, 1e308]],
      ] as const) {
        for (const temperature of temperatures) {
          const x = fillRows(Type, shape, axis, [huge, -huge, huge / 2, -huge]);
          const size = shape[axis];
          const difference = (value: number) => value / temperature - huge / temperature;
          const row = Array.from({ length: size }, (_, j) => [huge, -huge, huge / 2][j] ?? -huge);
          const sum = row.reduce((total, value) => total + Math.exp(difference(value)), -1);
          const expectedRow = row.map((value) => difference(value) - Math.log1p(sum));
          const expected = fillRows(Type, shape, axis, expectedRow).data;
          const actual = logSoftmax(x, { axis, temperature }).data;
          // The sum above is plain: many ulp of float64, none of float32.
          const isFloat32 = Type === Float32Array;
          const ulps = maxUlp(actual, expected, isFloat32 ? "float32" : "float64");
          expect(ulps).toBeLessThanOrEqual(isFloat32 ? 5 : 5000);
          const p = softmax(x, { axis, temperature }).data;
          expect(p[0]).toBeCloseTo(1 / (1 + sum), 6);
          expect(p.some(Number.isNaN)).toBe(false);
        }
      }
    });
  });
});
