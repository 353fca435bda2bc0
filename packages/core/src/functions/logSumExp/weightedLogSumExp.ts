import { formatShape } from "../../arguments/format.ts";
import { rowMajorStrides, sizeOf } from "../../arrays/layout.ts";
import { readNumbersOrBooleans } from "../../arrays/readArray.ts";
import { bufferPool } from "../../kernels/bufferPool.ts";
import { sumOf } from "../../kernels/js/compensatedSum.ts";
import { expBelowZero } from "../../kernels/js/exp.ts";
import type { KernelArray } from "../../types.ts";
import { copyStrided } from "../rowsAlong.ts";
import { readSmall, releaseInput, smallBuffers } from "../smallArrays.ts";

const createBuffer = (length: number) => new Float64Array(length);
const rowPool = /* @__PURE__ */ bufferPool(createBuffer);
const weightPool = /* @__PURE__ */ bufferPool(createBuffer);
const termPool = /* @__PURE__ */ bufferPool(createBuffer);

const smallWeights = /* @__PURE__ */ smallBuffers();

/** The weights of the elements of an array. */
export interface Weights {
  readonly data: KernelArray;
  /** Axis by axis of the array; 0 where weights repeat. */
  readonly strides: readonly number[];
  /** Gives the memory of `data` back. */
  release(): void;
}

/** Reads weights that broadcast to `shape`, as a copy if results may be written to their memory. */
export function readWeights(value: unknown, shape: readonly number[], copies: boolean): Weights {
  const small = readSmall(value, smallWeights);
  const weights = small ?? readNumbersOrBooleans("logSumExp: weights", value);
  const missing = shape.length - weights.shape.length;
  if (missing < 0) throw shapeError(shape, weights.shape);
  const ownStrides = rowMajorStrides(weights.shape);
  const strides: number[] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    const size = axis < missing ? 1 : weights.shape[axis - missing];
    if (size !== 1 && size !== shape[axis]) throw shapeError(shape, weights.shape);
    strides.push(size === 1 ? 0 : ownStrides[axis - missing]);
  }
  const data =
    copies || !isFloatArray(weights.data) ? Float64Array.from(weights.data) : weights.data;
  return { data, strides, release: () => small && releaseInput(small) };
}

function isFloatArray(data: ArrayLike<number>): data is KernelArray {
  return data instanceof Float32Array || data instanceof Float64Array;
}

function shapeError(shape: readonly number[], weightShape: readonly number[]): RangeError {
  return new RangeError(
    `logSumExp: weights must have x's shape ${formatShape(shape)} or one that broadcasts to it (x's last axes, of their size or 1), got ${formatShape(weightShape)}.`,
  );
}

/** Some of an array's axes, with their strides in the array and in its weights. */
interface StridedAxes {
  readonly sizes: number[];
  readonly strides: number[];
  readonly weightStrides: number[];
}

/** Writes log Σ wⱼ exp(xⱼ) of each row along `axes` to `out`. */
export function weightedLogSumExp(
  x: KernelArray,
  weights: Weights,
  shape: readonly number[],
  axes: readonly number[],
  out: KernelArray,
): void {
  const strides = rowMajorStrides(shape);
  const summed: StridedAxes = { sizes: [], strides: [], weightStrides: [] };
  const kept: StridedAxes = { sizes: [], strides: [], weightStrides: [] };
  for (let axis = 0; axis < shape.length; axis++) {
    const group = axes.includes(axis) ? summed : kept;
    group.sizes.push(shape[axis]);
    group.strides.push(strides[axis]);
    group.weightStrides.push(weights.strides[axis]);
  }
  const size = sizeOf(summed.sizes);
  const count = sizeOf(kept.sizes);
  const rowStrides = rowMajorStrides(summed.sizes);
  const row = rowPool.acquire(size);
  const rowWeights = weightPool.acquire(size);
  const terms = termPool.acquire(2 * size);
  let loaded = -1;
  for (let r = 0; r < count; r++) {
    const offset = offsetOf(r, kept.sizes, kept.strides);
    const weightOffset = offsetOf(r, kept.sizes, kept.weightStrides);
    copyStrided(x, summed.strides, offset, row, rowStrides, 0, summed.sizes, 0);
    if (weightOffset !== loaded) {
      const { sizes, weightStrides } = summed;
      copyStrided(weights.data, weightStrides, weightOffset, rowWeights, rowStrides, 0, sizes, 0);
      loaded = weightOffset;
    }
    out[r] = logSumExpOfRow(row, rowWeights, terms);
  }
  rowPool.release(row);
  weightPool.release(rowWeights);
  termPool.release(terms);
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
  for (let j = 0; j < x.length; j++) {
    const weight = weights[j];
    if (weight === 0) continue;
    if (!Number.isFinite(x[j])) infinite += weight * Math.exp(x[j]);
    else if (!Number.isFinite(weight)) infinite += weight;
    else if (top < 0 || isLarger(x, weights, j, top)) top = j;
  }
  if (infinite !== 0) return Math.log(infinite);
  if (top < 0) return Number.NEGATIVE_INFINITY;
  const end = writeTerms(x, weights, top, terms);
  const sum = sumOf(terms, 1, end);
  const shift = x[top] + exponentOf(weights[top]) * Math.LN2;
  if (sum <= 0.5 || sum >= 2) return shift + Math.log(sum);
  // Near 1, the logarithm is made of the sum's distance from 1.
  return shift + Math.log1p(sumOf(terms, 0, end));
}

/**
 * Returns whether exp(xⱼ), times the power of 2 that `exponentOf` takes out of wⱼ, is larger than the same of k. The
 * difference of x comes first: added to a large x, the exponents would be lost.
 */
function isLarger(x: Float64Array, weights: Float64Array, j: number, k: number): boolean {
  return x[j] - x[k] + (exponentOf(weights[j]) - exponentOf(weights[k])) * Math.LN2 > 0;
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
    if (Math.abs(difference) < 0.5) {
      // Weights add up exactly. The difference of rounded exponentials could be all rounding error.
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
