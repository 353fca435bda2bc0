import {
  compensatedSum,
  elementBlockLength,
  formatShape,
  type KernelArray,
  type Layout,
  readNumbers,
  rowOffset,
  sumOf,
  type Weights,
} from "@surprisal/core/authoring";
import { acquireFloat64, releaseFloat64 } from "./float64Pool.ts";
import type { Target } from "./target.ts";

/** The arguments of a class loss, read and checked. */
export interface ClassBatch {
  readonly input: KernelArray;
  /** The shape of the losses. */
  readonly shape: readonly number[];
  readonly layout: Layout;
  readonly target: Target;
  /** One weight per class. */
  readonly weight: KernelArray | undefined;
  /** The weight of each row's class, and 0 for an ignored row, if there are class weights and class indices. */
  readonly classWeight?: Float64Array | undefined;
  /** One weight per row; a row of weight 0 is ignored. */
  readonly sampleWeight: Float64Array | undefined;
  /** The same weights with their sum. */
  readonly weights: Weights | undefined;
  readonly labelSmoothing: number;
  /** Whether classes whose logit is −∞ are left out of their row. */
  readonly skipMasked: boolean;
  /** The cap s of the logits, which become s·tanh(x/s), or Infinity. */
  readonly softcap: number;
  /** Whether a row whose elements are all −∞ has loss and gradient 0. The mean still counts it. */
  readonly zeroWhenEmpty: boolean;
}

/** Reads the class weights, if there are any. `classes` is undefined if the input does not tell it. */
export function readWeight(
  functionName: string,
  value: unknown,
  classes: number | undefined,
): KernelArray | undefined {
  if (value === undefined) return undefined;
  const { data, shape } = readNumbers(`${functionName}: weight`, value);
  if (shape.length !== 1 || shape[0] !== (classes ?? shape[0])) {
    throw new RangeError(
      `${functionName}: weight must have shape [${classes ?? "C"}], one per class, got ${formatShape(shape)}.`,
    );
  }
  // Nested arrays have been copied.
  if (Array.isArray(value) && data instanceof Float64Array) return data;
  // A copy, because `out` may be the same memory. Copying bytes is ten times as fast as converting elements.
  const isFloat = data instanceof Float32Array || data instanceof Float64Array;
  return isFloat ? data.slice() : Float64Array.from(data);
}

/** Returns whether a row is ignored: it adds nothing to the losses, the gradients or the mean. */
export function isIgnored({ target, sampleWeight }: ClassBatch, row: number): boolean {
  return target.kind === "indices" ? target.indices[row] < 0 : sampleWeight?.[row] === 0;
}

/** Returns a batch that has the weight of each row's class. `releaseClassWeight` takes it back. */
export function withClassWeight(batch: ClassBatch): ClassBatch {
  const { target, weight } = batch;
  if (target.kind !== "indices" || weight === undefined) return batch;
  const { indices } = target;
  const classWeight = acquireFloat64(indices.length);
  for (let r = 0; r < indices.length; r++) {
    const index = indices[r];
    classWeight[r] = index < 0 ? 0 : weight[index];
  }
  return { ...batch, classWeight };
}

export function releaseClassWeight({ classWeight }: ClassBatch): void {
  if (classWeight !== undefined) releaseFloat64(classWeight);
}

/**
 * Returns the sum of the weights of the rows that are not ignored; without weights, their number.
 *
 * @param isOverWeights whether class weights count.
 */
export function meanDivisor(batch: ClassBatch, isOverWeights: boolean): number {
  const { target, layout, weights } = batch;
  const rows = layout.outer * layout.inner;
  const classWeight = isOverWeights ? batch.classWeight : undefined;
  const areWeightsAll = target.kind !== "indices" || target.areIgnoredByWeight;
  const indices = areWeightsAll ? undefined : target.indices;
  if (weights === undefined) {
    if (classWeight !== undefined) return sumOf(classWeight, 0, rows);
    return target.kind === "indices" ? rows - target.ignoredCount : rows;
  }
  if (classWeight === undefined && indices === undefined) return weights.sum;
  const sampleWeight = weights.values;
  const total = compensatedSum();
  const block = new Float64Array(Math.min(rows, elementBlockLength));
  for (let first = 0; first < rows; first += block.length) {
    const count = Math.min(block.length, rows - first);
    for (let i = 0; i < count; i++) block[i] = sampleWeight[first + i];
    if (classWeight) for (let i = 0; i < count; i++) block[i] *= classWeight[first + i];
    else if (indices) for (let i = 0; i < count; i++) if (indices[first + i] < 0) block[i] = 0;
    total.add(block, count);
  }
  return total.value();
}

/** Returns whether every class of a row is masked, so that nothing is left of it. */
export function isFullyMasked(
  { input, layout, softcap, skipMasked }: ClassBatch,
  row: number,
): boolean {
  // A softcap makes −∞ finite.
  if (softcap < Number.POSITIVE_INFINITY && !skipMasked && layout.size > 0) return false;
  const start = rowOffset(row, layout);
  let j = 0;
  while (j < layout.size && input[start + j * layout.inner] === Number.NEGATIVE_INFINITY) j++;
  return j === layout.size;
}
