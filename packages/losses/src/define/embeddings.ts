// Rows of numbers that are compared by their scalar products, and the way back of their gradients.
import type { KernelArray } from "@surprisal/core/authoring";
import { acquireFloat64, releaseFloat64 } from "./float64Pool.ts";

/** PyTorch's `normalize` divides by this, where a norm is smaller. */
const minNorm = 1e-12;

/** Rows in float64, divided by their norms or as they are, and their gradient. */
export interface Embeddings {
  readonly count: number;
  readonly size: number;
  readonly rows: Float64Array;
  /** The divisor of each row; undefined if the rows are as they were given. */
  readonly norms: Float64Array | undefined;
  /** ∂value/∂rows, 0 at first; undefined if it is not asked for. */
  readonly gradient: Float64Array | undefined;
}

/** Copies rows of `size` numbers, and divides each by its norm if `normalize` is true. */
export function loadEmbeddings(
  data: ArrayLike<number>,
  size: number,
  normalize: boolean,
  hasGradient: boolean,
): Embeddings {
  const count = size === 0 ? 0 : data.length / size;
  const rows = acquireFloat64(data.length);
  for (let k = 0; k < data.length; k++) rows[k] = data[k];
  const norms = normalize ? acquireFloat64(count) : undefined;
  if (norms !== undefined) {
    for (let r = 0; r < count; r++) {
      norms[r] = Math.max(minNorm, normOf(rows, r * size, size));
      for (let k = r * size; k < (r + 1) * size; k++) rows[k] /= norms[r];
    }
  }
  const gradient = hasGradient ? acquireFloat64(data.length).fill(0, 0, data.length) : undefined;
  return { count, size, rows, norms, gradient };
}

/** Gives the arrays back to the pool. */
export function releaseEmbeddings({ rows, norms, gradient }: Embeddings): void {
  for (const array of [rows, norms, gradient]) if (array !== undefined) releaseFloat64(array);
}

/** Returns the Euclidean norm of a row, without overflow. */
function normOf(x: Float64Array, start: number, size: number): number {
  let largest = 0;
  for (let k = start; k < start + size; k++) {
    const magnitude = Math.abs(x[k]);
    if (!(magnitude <= largest)) largest = magnitude;
  }
  // A sum of squares of numbers between these limits neither overflows nor underflows.
  const unit = largest > 1e140 || largest < 1e-140 ? largest : 1;
  if (!(largest > 0 && largest < Number.POSITIVE_INFINITY)) return largest;
  let sum = 0;
  for (let k = start; k < start + size; k++) sum += (x[k] / unit) ** 2;
  return unit * Math.sqrt(sum);
}

/** Returns the scalar product of row i of a and row j of b. */
export function dotRows(a: Embeddings, i: number, b: Embeddings, j: number): number {
  const { size, rows: x } = a;
  const { rows: y } = b;
  let sum0 = 0;
  let sum1 = 0;
  let k = i * size;
  let l = j * size;
  const end = k + size;
  for (; k + 1 < end; k += 2, l += 2) {
    sum0 += x[k] * y[l];
    sum1 += x[k + 1] * y[l + 1];
  }
  return k < end ? sum0 + sum1 + x[k] * y[l] : sum0 + sum1;
}

/** Adds the gradient of `factor` times the scalar product of row i of a and row j of b. */
export function addDotGradient(
  a: Embeddings,
  i: number,
  b: Embeddings,
  j: number,
  factor: number,
): void {
  // A factor of 0 adds nothing, whatever the rows hold.
  if (factor === 0) return;
  addRow(a.gradient, i * a.size, b.rows, j * b.size, factor, a.size);
  addRow(b.gradient, j * b.size, a.rows, i * a.size, factor, a.size);
}

function addRow(
  to: Float64Array | undefined,
  toStart: number,
  from: Float64Array,
  fromStart: number,
  factor: number,
  size: number,
): void {
  if (to === undefined) return;
  for (let k = 0; k < size; k++) to[toStart + k] += factor * from[fromStart + k];
}

/** Writes the gradient with respect to the rows as they were given. */
export function storeEmbeddingsGradient(
  { count, size, rows, norms, gradient }: Embeddings,
  out: KernelArray | undefined,
): void {
  if (out === undefined || gradient === undefined) return;
  for (let r = 0; r < count; r++) {
    const start = r * size;
    const end = start + size;
    let along = 0;
    let isZero = true;
    for (let k = start; k < end; k++) {
      if (gradient[k] === 0) continue;
      isZero = false;
      along += gradient[k] * rows[k];
    }
    // A shorter row is divided by a constant.
    const isConstant = norms !== undefined && norms[r] === minNorm;
    for (let k = start; k < end; k++) {
      if (norms === undefined || isZero) out[k] = gradient[k];
      else out[k] = (gradient[k] - (isConstant ? 0 : along * rows[k])) / norms[r];
    }
  }
}
