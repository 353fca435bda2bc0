import {
  gemmKernel,
  type Matrix,
  strideOf,
  type TransposedFactor,
} from "@surprisal/core/authoring";
import type { MatrixName, MatrixProduct } from "./matrixProduct.ts";
import { maxProductColumns, type ProductTerms } from "./productRunner.ts";

/** Returns a product as threads compute it; undefined if they do not: for other types, rows with gaps, or long rows. */
export function productTerms(
  a: Matrix,
  b: Matrix,
  c: Matrix,
  transposed: TransposedFactor,
): ProductTerms | undefined {
  const [result, tall, short, wide] = namesOf(a, b, c, transposed);
  const arrays = { tall: tall.data, short: short.data, wide: wide.data };
  if (!areFloat32(arrays)) return undefined;
  const hasGaps = [tall, short].some((matrix) => strideOf(matrix) !== matrix.columns);
  if (hasGaps || tall.columns > maxProductColumns) return undefined;
  const product: MatrixProduct = {
    result,
    outer: tall.rows,
    size: tall.columns,
    shortRows: short.rows,
    wideStride: strideOf(wide),
  };
  return { product, arrays, computeAlone: () => gemmKernel(a, b, c, transposed) };
}

/** Returns the name of C, and then the matrices in the order of `matrixNames`. */
function namesOf(
  a: Matrix,
  b: Matrix,
  c: Matrix,
  transposed: TransposedFactor,
): [MatrixName, Matrix, Matrix, Matrix] {
  if (transposed === "b") return ["wide", b, a, c];
  return transposed === "a" ? ["tall", c, b, a] : ["short", b, c, a];
}

function areFloat32<Name extends string>(
  arrays: Record<Name, ArrayLike<number>>,
): arrays is Record<Name, Float32Array> {
  return Object.values(arrays).every((array) => array instanceof Float32Array);
}
