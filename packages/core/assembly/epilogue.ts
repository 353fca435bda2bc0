// Finalizes rows whose maximum and sums are known: two rows at a time, in float64.
import { log1pRatio, promoteHigh } from "./arithmetic";
import { zLoss } from "./coefficients";
import { F64_ONE, LOG2E, splatConstant, splatF64Constant } from "./constants";
import {
  EXACT_MAX_TERMS, GRAD_SCALES, LOG_SUMS, MAX_TERMS, SCALE_FACTORS, TARGET_GRADIENTS, TARGET_LOGITS, TARGET_TERMS, termSumsOf,
  TIE_COUNTS, VALUES,
} from "./memory";
import { isCrossEntropy, isGradient, isLogSoftmax, isSoftmax, storesExponentials } from "./operation";
import { activeConstants, maxTermF64 } from "./temperature";

/**
 * A row is shifted by its maximum first if |max| / (T · ln 2) is at least this. Below, all relevant exponents
 * are below 2⁹, and their products with the 15 bits of −ln 2 are exact. Above, all relevant differences
 * x − max are exact.
 */
const SHIFT_THRESHOLD: f32 = 300;

/** Returns the values to subtract from rows before their exponentials: their maxima if they are large, else 0. */
// @ts-expect-error: decorator
@inline
export function shiftOf(max: v128): v128 {
  const exponent = f32x4.mul(max, splatConstant(LOG2E, activeConstants()));
  return v128.and(max, f32x4.ge(f32x4.abs(exponent), f32x4.splat(SHIFT_THRESHOLD)));
}

/** Returns the multiple n of ln 2 (times the temperature) that is nearest to each shifted maximum. */
// @ts-expect-error: decorator
@inline
export function exponentOf(shiftedMax: v128): v128 {
  return f32x4.nearest(f32x4.mul(shiftedMax, splatConstant(LOG2E, activeConstants())));
}

/**
 * Computes the terms of the maxima of four rows, which are about 2^TERM_SCALE_LOG2, given the maxima less their shifts and
 * the exponents of these. A loop that did so where the rows are finalized would wait for one long chain of operations
 * after the other.
 */
// @ts-expect-error: decorator
@inline
export function storeMaxTerms(shiftedMax: v128, n: v128, stats: usize): void {
  const terms = termSumsOf(stats) + EXACT_MAX_TERMS;
  v128.store(terms, maxTermF64(f64x2.promote_low_f32x4(shiftedMax), f64x2.promote_low_f32x4(n)));
  v128.store(terms, maxTermF64(promoteHigh(shiftedMax), promoteHigh(n)), 16);
}

/**
 * Finalizes the rows from `stats` to `end`, whose maxima and their terms, term sums, target logits and target terms are known.
 * Stores their values at VALUES from index `row` on. Stores their factors, logarithms and target gradients in
 * their statistics.
 */
export function finalizeRows(hasOutput: bool, stats: usize, end: usize, row: i32): void {
  const first = <usize>row << 3;
  let sums = termSumsOf(stats);
  let values = VALUES + first;
  let gradScales = GRAD_SCALES + first;
  for (; stats < end; stats += 8, sums += 16, values += 16, gradScales += 16) {
    finalizeRowPair(hasOutput, stats, sums, values, gradScales);
  }
}

/** Finalizes two rows, given where their sums, values and upstream gradients are. */
// @ts-expect-error: decorator
@inline
function finalizeRowPair(hasOutput: bool, stats: usize, sums: usize, values: usize, gradScales: usize): void {
  const max = v128.load64_zero(stats);
  const maxTerm = v128.load(sums, EXACT_MAX_TERMS);
  let sumExpExcludingMax = v128.load(sums);
  if (storesExponentials(hasOutput)) {
    v128.store64_lane(stats, f32x4.demote_f64x2_zero(maxTerm), 0, MAX_TERMS);
    sumExpExcludingMax = f64x2.add(sumExpExcludingMax, f64x2.mul(v128.load(sums, TIE_COUNTS), maxTerm));
  }
  const sumExp = f64x2.add(maxTerm, sumExpExcludingMax);
  if (isSoftmax()) {
    const factors = f64x2.div(splatF64Constant(F64_ONE), sumExp);
    v128.store64_lane(stats, f32x4.demote_f64x2_zero(factors), 0, SCALE_FACTORS);
    return;
  }
  const logSum = log1pRatio(maxTerm, sumExpExcludingMax, sumExp);
  if (isLogSoftmax(hasOutput)) {
    v128.store64_lane(stats, f32x4.demote_f64x2_zero(logSum), 0, LOG_SUMS);
    return;
  }
  const targetLogits = isCrossEntropy() ? v128.load64_zero(stats, TARGET_LOGITS) : f32x4.splat(0);
  const maxMinusTarget = f64x2.sub(f64x2.promote_low_f32x4(max), f64x2.promote_low_f32x4(targetLogits));
  let value = f64x2.add(maxMinusTarget, logSum);
  const hasPenalty = isCrossEntropy() && zLoss != 0;
  // The derivative of the penalty zLoss · logSumExp² with respect to logSumExp.
  let slope = f64x2.splat(0);
  if (hasPenalty) {
    const lse = f64x2.add(f64x2.promote_low_f32x4(max), logSum);
    const penalty = f64x2.mul(f64x2.splat(zLoss), lse);
    value = f64x2.add(value, f64x2.mul(penalty, lse));
    slope = f64x2.add(penalty, penalty);
  }
  v128.store(values, value);
  if (!isGradient(hasOutput)) return;

  // The gradient is gradScale · ((1 + slope) · p − [is the target]). p − 1 cancels where the target has the largest logit.
  // It is computed there as minus the sum of all other probabilities, which loses nothing.
  const gradScale = v128.load(gradScales);
  let factors = f64x2.div(gradScale, sumExp);
  let atMax = f64x2.neg(f64x2.mul(sumExpExcludingMax, factors));
  if (hasPenalty) {
    const slopeFactors = f64x2.mul(slope, factors);
    atMax = f64x2.add(atMax, f64x2.mul(slopeFactors, maxTerm));
    factors = f64x2.add(factors, slopeFactors);
  }
  v128.store64_lane(stats, f32x4.demote_f64x2_zero(factors), 0, SCALE_FACTORS);
  const targetTerms = f64x2.promote_low_f32x4(v128.load64_zero(stats, TARGET_TERMS));
  const gradients = f32x4.demote_f64x2_zero(f64x2.sub(f64x2.mul(targetTerms, factors), gradScale));
  const gradientsAtMax = f32x4.demote_f64x2_zero(atMax);
  const targetIsMax = f32x4.eq(targetLogits, max);
  v128.store64_lane(stats, v128.bitselect(gradientsAtMax, gradients, targetIsMax), 0, TARGET_GRADIENTS);
}
