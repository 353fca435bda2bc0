import { formatShape } from "../../arguments/format.ts";
import { rowMajorStrides } from "../../arrays/layout.ts";
import { readNumbers } from "../../arrays/readArray.ts";
import { bufferPool } from "../../kernels/bufferPool.ts";
import { sumOf } from "../../kernels/js/compensatedSum.ts";
import { expBelowZero } from "../../kernels/js/exp.ts";
import type { KernelArray } from "../../types.ts";
import { copyStrided, keptAxes, sizeAlong } from "../rowsAlong.ts";

/** The weights of an array's elements: axis by axis of the array, the stride is 0 where weights repeat. */
export interface Weights {
  readonly data: ArrayLike<number>;
  readonly strides: readonly number[];
}

/** Reads weights that broadcast to `shape`. */
export function readWeights(value: unknown, shape: readonly number[]): Weights {
  const weights = readNumbers("logSumExp: weights", value);
  const missing = shape.length - weights.shape.length;
  const broadcasts = weights.shape.every((size, i) => size === 1 || size === shape[missing + i]);
  if (missing < 0 || !broadcasts) {
    throw new RangeError(
      `logSumExp: weights must have x's shape ${formatShape(shape)} or one that broadcasts to it (x's last axes, of their size or 1), got ${formatShape(weights.shape)}.`,
    );
  }
  const strides = rowMajorStrides(weights.shape).map((stride, i) =>
    weights.shape[i] === 1 ? 0 : stride,
  );
  return { data: weights.data, strides: [...new Array<number>(missing).fill(0), ...strides] };
}

const createBuffer = (length: number) => new Float64Array(length);
const rowPool = /* @__PURE__ */ bufferPool(createBuffer);
const weightPool = /* @__PURE__ */ bufferPool(createBuffer);
const termPool = /* @__PURE__ */ bufferPool(createBuffer);

/** Writes log Σ wⱼ exp(xⱼ) of each row along `axes` to `out`. */
export function weightedLogSumExp(
  x: KernelArray,
  weights: Weights,
  shape: readonly number[],
  axes: readonly number[],
  out: KernelArray,
): void {
  if (shape.length === 0) {
    const scalarWeights = { data: weights.data, strides: [0] };
    weightedLogSumExp(x, scalarWeights, [1], axes, out);
    return;
  }
  const kept = keptAxes(shape, axes);
  const size = sizeAlong(shape, axes);
  const count = sizeAlong(shape, kept);
  const strides = rowMajorStrides(shape);
  const along = (values: readonly number[], chosen: readonly number[]) =>
    chosen.map((axis) => values[axis]);
  const keptSizes = along(shape, kept);
  const keptStrides = along(strides, kept);
  const keptWeightStrides = along(weights.strides, kept);
  const sizes = along(shape, axes);
  const rowStrides = rowMajorStrides(sizes);
  const elementStrides = along(strides, axes);
  const weightStrides = along(weights.strides, axes);
  const row = rowPool.acquire(size);
  const rowWeights = weightPool.acquire(size);
  const terms = termPool.acquire(2 * size);
  const data = sharesMemory(weights.data, out) ? Float64Array.from(weights.data) : weights.data;
  let loaded = -1;
  for (let r = 0; r < count; r++) {
    const offset = offsetOf(r, keptSizes, keptStrides);
    const weightOffset = offsetOf(r, keptSizes, keptWeightStrides);
    copyStrided(x, elementStrides, offset, row, rowStrides, 0, sizes, 0);
    if (weightOffset !== loaded)
      copyStrided(data, weightStrides, weightOffset, rowWeights, rowStrides, 0, sizes, 0);
    loaded = weightOffset;
    out[r] = logSumExpOfRow(row, rowWeights, terms);
  }
  rowPool.release(row);
  weightPool.release(rowWeights);
  termPool.release(terms);
}

/** Returns whether results that are written to `out` may change the weights of later rows. */
function sharesMemory(weights: ArrayLike<number>, out: KernelArray): boolean {
  return ArrayBuffer.isView(weights) && weights.buffer === out.buffer;
}

/** Returns the offset of the element with the row-major index `index`. */
function offsetOf(index: number, sizes: readonly number[], strides: readonly number[]): number {
  let offset = 0;
  let rest = index;
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    offset += (rest % sizes[axis]) * strides[axis];
    rest = Math.floor(rest / sizes[axis]);
  }
  return offset;
}

/** Returns log Σ wⱼ exp(xⱼ) of one row. `terms` is scratch for two numbers per element. */
function logSumExpOfRow(x: Float64Array, weights: Float64Array, terms: Float64Array): number {
  let infinite = 0;
  let top = -1;
  let largest = Number.NEGATIVE_INFINITY;
  let isSigned = false;
  for (let j = 0; j < x.length; j++) {
    const weight = weights[j];
    if (weight === 0) continue;
    if (!Number.isFinite(x[j])) infinite += weight * Math.exp(x[j]);
    else if (!Number.isFinite(weight)) infinite += weight;
    else {
      const size = x[j] + exponentOf(weight) * Math.LN2;
      if (top < 0 || size > largest) {
        top = j;
        largest = size;
      }
      isSigned ||= weight < 0;
    }
  }
  if (infinite !== 0) return Math.log(infinite);
  if (top < 0) return Number.NEGATIVE_INFINITY;
  const end = writeTerms(x, weights, top, isSigned, terms);
  const sum = sumOf(terms, 1, end);
  const shift = x[top] + exponentOf(weights[top]) * Math.LN2;
  if (sum <= 0.5 || sum >= 2) return shift + Math.log(sum);
  // Near 1, the logarithm is made of the sum's distance from 1.
  return shift + Math.log1p(sumOf(terms, 0, end));
}

/**
 * Writes terms whose sum is Σ wⱼ exp(xⱼ), from index 1 on, after a −1. Their unit is exp(xₜ) times the power
 * of two that is taken out of wₜ, for t = `top`.
 *
 * @returns the index after the last term.
 */
function writeTerms(
  x: Float64Array,
  weights: Float64Array,
  top: number,
  isSigned: boolean,
  terms: Float64Array,
): number {
  const max = x[top];
  const topExponent = exponentOf(weights[top]);
  terms[0] = -1;
  terms[1] = scale(weights[top], -topExponent);
  let end = 2;
  for (let j = 0; j < x.length; j++) {
    const difference = x[j] - max;
    if (j === top || weights[j] === 0 || difference === Number.NEGATIVE_INFINITY) continue;
    // Knuth's two-sum: the exact error of `difference`.
    const subtracted = difference - x[j];
    const error = x[j] - (difference - subtracted) - (max + subtracted);
    if (isSigned && Math.abs(difference) < 0.5) {
      // Weights cancel exactly. The rounding of exponentials could exceed their sum.
      const factor = scale(weights[j], -topExponent);
      terms[end++] = factor;
      terms[end++] = factor * (Math.expm1(difference) + error);
    } else {
      const exponent = exponentOf(weights[j]);
      const shifted = difference + (exponent - topExponent) * Math.LN2;
      terms[end++] = scale(weights[j], -exponent) * expBelowZero(shifted) * (1 + error);
    }
  }
  return end;
}

/**
 * Returns a multiple of 512, mostly 0: without that power of two, a weight is from 2^−256 to 2^256, so
 * that its product with an exponential neither overflows nor loses digits.
 */
function exponentOf(weight: number): number {
  const magnitude = Math.abs(weight);
  if (magnitude > 2 ** 256) return magnitude > 2 ** 768 ? 1024 : 512;
  if (magnitude < 2 ** -256) return magnitude < 2 ** -768 ? -1024 : -512;
  return 0;
}

/** Returns weight · 2^exponent, where 2^exponent alone may overflow. */
function scale(weight: number, exponent: number): number {
  if (exponent === 0) return weight;
  const half = 2 ** (exponent / 2);
  return weight * half * half;
}
