import type { KernelArray } from "../../types.ts";
import type { Matrix, TransposedFactor } from "../matrices.ts";
import { strideOf } from "../matrices.ts";

/** Adds a product of matrices to C, in float64; see `gemmKernel`. */
export function gemm(a: Matrix, b: Matrix, c: Matrix, transposed: TransposedFactor): void {
  if (transposed === "b") addRowProducts(a, b, c);
  else addRankOneUpdates(a, b, c, transposed === "a");
}

/** Adds the dot products of the rows of A and B. */
function addRowProducts(a: Matrix, b: Matrix, c: Matrix): void {
  const [aStride, bStride, cStride] = [a, b, c].map(strideOf);
  for (let i = 0; i < c.rows; i++) {
    for (let j = 0; j < c.columns; j++) {
      c.data[i * cStride + j] += dot(a.data, i * aStride, b.data, j * bStride, a.columns);
    }
  }
}

function dot(a: KernelArray, aStart: number, b: KernelArray, bStart: number, size: number): number {
  // Four sums: an addition need not wait for the one before it.
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let p = 0;
  for (; p + 4 <= size; p += 4) {
    s0 += a[aStart + p] * b[bStart + p];
    s1 += a[aStart + p + 1] * b[bStart + p + 1];
    s2 += a[aStart + p + 2] * b[bStart + p + 2];
    s3 += a[aStart + p + 3] * b[bStart + p + 3];
  }
  for (; p < size; p++) s0 += a[aStart + p] * b[bStart + p];
  return s0 + s1 + (s2 + s3);
}

/** Adds each row of B, times its factors in A, to the rows of C. */
function addRankOneUpdates(a: Matrix, b: Matrix, c: Matrix, isTransposed: boolean): void {
  const { columns } = c;
  const [aStride, bStride, cStride] = [a, b, c].map(strideOf);
  const sum = new Float64Array(columns);
  for (let i = 0; i < c.rows; i++) {
    sum.fill(0);
    for (let p = 0; p < b.rows; p++) {
      const factor = a.data[isTransposed ? p * aStride + i : i * aStride + p];
      const start = p * bStride;
      for (let j = 0; j < columns; j++) sum[j] += factor * b.data[start + j];
    }
    for (let j = 0; j < columns; j++) c.data[i * cStride + j] += sum[j];
  }
}
