// A mean is the same if all weights are divided by a power of two. Where weights are extreme, that keeps their
// sum, their products and their quotients in the range of floats.
import {
  isPlainWeight,
  isWeight,
  type KernelArray,
  type Weights,
  weightsOf,
} from "@surprisal/core/authoring";
import type { ClassBatch } from "./classBatch.ts";
import type { Reduction } from "./optionSchemas.ts";
import type { Target } from "./target.ts";

/**
 * Weights whose largest is from 2^−60 to 2^60 are left as they are. That every weight is plain (see `Weights`) is a
 * stricter condition, which is checked faster.
 */
const maxModerateExponent = 60;

/** Returns x · 2^exponent, where 2^exponent alone may overflow or underflow. */
function timesPowerOfTwo(x: number, exponent: number): number {
  const half = Math.trunc(exponent / 2);
  return x * 2 ** half * 2 ** (exponent - half);
}

/** Returns the exponent e of a number near 2^e. */
function exponentOf(x: number): number {
  return Math.floor(Math.log2(x));
}

/** Returns whether weights whose largest is this one are extreme. Weights that are all 0 are not. */
function isExtreme(largest: number): boolean {
  return largest !== 0 && Math.abs(exponentOf(largest)) > maxModerateExponent;
}

/** Returns the weight · 2^exponent; it stays above 0, because a weight of 0 means that a loss is ignored. */
function scaleWeight(weight: number, exponent: number): number {
  return weight === 0 ? 0 : Math.max(Number.MIN_VALUE, timesPowerOfTwo(weight, exponent));
}

/** Returns weights of the same mean, whose largest is near 1 if it was extreme. */
function balanceWeights<Values extends KernelArray | undefined>(weights: Values): Values {
  if (weights === undefined) return weights;
  let largest = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i];
    // Class weights are not checked: others give what they give.
    if (!isWeight(weight)) return weights;
    // `Math.max` takes three times as long.
    if (weight > largest) largest = weight;
  }
  if (!isExtreme(largest)) return weights;
  const exponent = exponentOf(largest);
  return Float64Array.from(weights, (weight) => scaleWeight(weight, -exponent)) as Values;
}

/** Balances the weights of losses that are averaged in the same way. */
export function balanceSampleWeight(
  weights: Weights | undefined,
  reduction: Reduction,
): Weights | undefined {
  const isMean = reduction === "mean" || reduction === "batchmean";
  if (weights === undefined || weights.arePlain || !isMean) return weights;
  const values = balanceWeights(weights.values);
  return values === weights.values ? weights : weightsOf(values);
}

/**
 * Returns a batch whose weighted mean is the same and can be computed.
 *
 * @param meanOverWeights whether class weights are weights of the mean.
 */
export function balanceBatch(batch: ClassBatch, meanOverWeights: boolean): ClassBatch {
  const { target, weight, labelSmoothing } = batch;
  const areMultiplied = weight !== undefined && target.kind === "indices" && meanOverWeights;
  if (!areMultiplied || labelSmoothing > 0) {
    const weights = balanceSampleWeight(batch.weights, "mean");
    const classWeights = areMultiplied ? balanceWeights(weight) : weight;
    return { ...batch, weights, sampleWeight: weights?.values, weight: classWeights };
  }
  if (areModerateProducts(target.indices, weight, batch.weights)) return batch;
  const sampleWeight = multiplyWeights(target.indices, weight, batch.sampleWeight);
  return {
    ...batch,
    weight: undefined,
    weights: weightsOf(sampleWeight),
    sampleWeight,
    target: ignoreRows(target, sampleWeight),
  };
}

/** Returns whether the largest weight of a row is not extreme, and neither are its factors. */
function areModerateProducts(
  indices: Int32Array,
  weight: KernelArray,
  weights: Weights | undefined,
): boolean {
  // If no weight is extreme, no product is. Few weights are looked at faster than their products.
  const hasFewClasses = weight.length <= indices.length;
  const arePlain = weights === undefined || weights.arePlain;
  if (arePlain && hasFewClasses && weight.every(isPlainWeight)) return true;
  const sampleWeight = weights?.values;
  let largest = 0;
  let largestClassWeight = 0;
  let largestSampleWeight = 0;
  for (let r = 0; r < indices.length; r++) {
    if (indices[r] < 0) continue;
    const classWeight = weight[indices[r]];
    const rowWeight = sampleWeight === undefined ? 1 : sampleWeight[r];
    if (!isWeight(classWeight)) return true;
    // `Math.max` takes three times as long.
    if (classWeight > largestClassWeight) largestClassWeight = classWeight;
    if (rowWeight > largestSampleWeight) largestSampleWeight = rowWeight;
    if (classWeight * rowWeight > largest) largest = classWeight * rowWeight;
  }
  if (isExtreme(largestClassWeight) || isExtreme(largestSampleWeight) || isExtreme(largest)) {
    return false;
  }
  // A largest product of 0 has underflowed, unless every class weight is 0.
  return largest > 0 || largestClassWeight === 0;
}

/** Returns the products of the weights of each row, divided by a power of two near the largest. */
function multiplyWeights(
  indices: Int32Array,
  weight: KernelArray,
  sampleWeight: Float64Array | undefined,
): Float64Array {
  const products = new Float64Array(indices.length);
  const exponents = new Int32Array(indices.length);
  let largest = Number.NEGATIVE_INFINITY;
  for (let r = 0; r < indices.length; r++) {
    const classWeight = indices[r] < 0 ? 0 : weight[indices[r]];
    const rowWeight = sampleWeight === undefined ? 1 : sampleWeight[r];
    if (classWeight === 0) continue;
    const classExponent = exponentOf(classWeight);
    const rowExponent = exponentOf(rowWeight);
    exponents[r] = classExponent + rowExponent;
    products[r] =
      timesPowerOfTwo(classWeight, -classExponent) * timesPowerOfTwo(rowWeight, -rowExponent);
    largest = Math.max(largest, exponents[r]);
  }
  return products.map((product, r) => scaleWeight(product, exponents[r] - largest));
}

/** Returns the target with rows of weight 0 ignored. */
function ignoreRows(target: Target & { kind: "indices" }, rowWeights: Float64Array): Target {
  const indices = target.indices.map((index, r) => (rowWeights[r] === 0 ? -1 : index));
  let ignoredCount = 0;
  for (let r = 0; r < indices.length; r++) if (indices[r] < 0) ignoredCount++;
  return { kind: "indices", indices, ignoredCount, areIgnoredByWeight: true };
}
