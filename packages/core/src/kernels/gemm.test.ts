import { random } from "@surprisal/testing";
import { afterEach, describe, expect, it } from "vitest";
import { allocate, useKernels } from "../index.ts";
import { gemmKernel } from "./gemm.ts";
import type { Matrix, TransposedFactor } from "./matrices.ts";

type FloatArrayType = typeof Float32Array | typeof Float64Array;

const { normal } = random(11);

function makeMatrix(Type: FloatArrayType, rows: number, columns: number): Matrix {
  const data = new Type(rows * columns).map(() => normal());
  return { data, rows, columns };
}

function transpose({ data, rows, columns }: Matrix): Matrix {
  const result = data.slice();
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = data[i * columns + j];
  }
  return { data: result, rows: columns, columns: rows };
}

// Sizes on both sides of the tiles' borders: 3, 4 and 8; 128 rows of a panel, 512 columns, 2048 deep.
const sizes = [
  [1, 1, 1],
  [3, 5, 7],
  [4, 8, 16],
  [6, 12, 129],
  [65, 33, 40],
  [70, 513, 20],
  [5, 17, 2051],
  [130, 9, 300],
  // Few columns or a small depth: tiles are bounded by the regions of the memory.
  [700, 1100, 5],
  [1500, 6, 140],
  [6, 1500, 140],
];

afterEach(() => useKernels("auto"));

describe.each(["auto", "simd", "js"] as const)("gemmKernel with the kernels %s", (kernels) => {
  describe.each([Float32Array, Float64Array])("in %o", (Type) => {
    it.each(sizes)("adds the product of %d × %d matrices, %d deep", (m, n, k) => {
      useKernels(kernels);
      const a = makeMatrix(Type, m, k);
      const b = makeMatrix(Type, k, n);
      const start = makeMatrix(Type, m, n);
      const expected = Float64Array.from(start.data, (value, at) => {
        const [i, j] = [Math.floor(at / n), at % n];
        let sum = value;
        for (let p = 0; p < k; p++) sum += a.data[i * k + p] * b.data[p * n + j];
        return sum;
      });
      // The terms are about 1, so the error is that of a sum of k roundings.
      const tolerance = Type === Float32Array ? 1e-6 * Math.sqrt(k) + 1e-6 : 1e-12;
      const factors: [Matrix, Matrix, TransposedFactor][] = [
        [a, b, undefined],
        [transpose(a), b, "a"],
        [a, transpose(b), "b"],
      ];
      for (const [left, right, transposed] of factors) {
        // The product begins and ends within a larger array, whose other elements stay.
        const around = new Type(m * n + 16).fill(7);
        const data = around.subarray(8, 8 + m * n);
        data.set(start.data);
        gemmKernel(left, right, { data, rows: m, columns: n }, transposed);
        const error = expected.reduce((max, x, at) => Math.max(max, Math.abs(x - data[at])), 0);
        expect(error, `transposed ${transposed}`).toBeLessThan(4 * tolerance);
        const border = [...around.subarray(0, 8), ...around.subarray(8 + m * n)];
        expect(border.every((value) => value === 7)).toBe(true);
      }
    });
  });

  it.each<[TransposedFactor, number[], number[]]>([
    [undefined, [24, 2056], [2056, 40]],
    ["a", [130, 24], [130, 40]],
    ["b", [24, 36], [40, 36]],
  ])(
    "has the same bits in allocated memory, and in rows with gaps: %s",
    (transposed, aShape, bShape) => {
      useKernels(kernels);
      const [a, b] = [aShape, bShape].map(([rows, columns]) =>
        makeMatrix(Float32Array, rows, columns),
      );
      const start = makeMatrix(Float32Array, 24, 40);
      const expected = { ...start, data: start.data.slice() };
      gemmKernel(a, b, expected, transposed);
      const stride = 48;
      const withGaps = (rows: number) => allocate([rows, stride]).data.fill(7);
      const place = ({ data, rows, columns }: Matrix) => {
        const placed = allocate([rows, columns]).data;
        placed.set(data);
        return { data: placed, rows, columns };
      };
      const c = { data: withGaps(24), rows: 24, columns: 40, stride };
      for (let i = 0; i < 24; i++) c.data.set(start.data.subarray(40 * i, 40 * i + 40), stride * i);
      gemmKernel(place(a), place(b), c, transposed);
      for (let i = 0; i < 24; i++) {
        const row = c.data.subarray(stride * i, stride * i + stride);
        expect(row.subarray(0, 40)).toEqual(expected.data.subarray(40 * i, 40 * i + 40));
        expect(row.subarray(40).every((value) => value === 7)).toBe(true);
      }
    },
  );

  it("adds nothing for an empty depth", () => {
    useKernels(kernels);
    const c = makeMatrix(Float32Array, 3, 4);
    const copy = c.data.slice();
    const a = { data: new Float32Array(0), rows: 3, columns: 0 };
    gemmKernel(a, { data: new Float32Array(0), rows: 0, columns: 4 }, c);
    expect(c.data).toEqual(copy);
  });
});
