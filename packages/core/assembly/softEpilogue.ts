// The cross-entropy with a coefficient for every class: class probabilities, label smoothing, class weights,
// and a penalty on logSumExp.
//
// | quantity | value                                                    |
// | -------- | -------------------------------------------------------- |
// | c        | the coefficient of a class; see `coefficients.ts`        |
// | mass     | Σ c                                                      |
// | loss     | Σ c · (max − x) + mass · log(1 + S) + zLoss · logSumExp² |
// | gradient | gradScale · ((mass + 2 · zLoss · logSumExp) · p − c)     |
//
// S is the sum of exp(x − max) without the maximum's own 1. A class whose coefficient is 0 contributes nothing,
// also where its loss is infinite.
import { demotePair, log1pRatio, promoteHigh } from "./arithmetic";
import { zLoss } from "./coefficients";
import {
  EXACT_MAX_TERMS, GRAD_SCALES, MAX_TERMS, SCALE_FACTORS, TARGET_COEFFICIENTS, TARGET_LOGITS, termSumsOf, TIE_COUNTS, VALUES,
} from "./memory";
import {
  ARGMAX_GRADIENTS, ARGMAX_PARTS, COEFFICIENT_FACTORS, EXACT_FACTORS, MASSES, MAX_THRESHOLDS, OTHER_MASSES,
  softSumsOf, WEIGHTED_SUMS,
} from "./softStats";

/** Where S is less than this, the gradient at the maximum is computed from the other classes alone. */
const DOMINATING: f64 = 0.5;

/**
 * Computes the values of four rows from their maxima and sums, and the factors of their gradients.
 *
 * Where one class dominates, mass · p − c cancels at the maximum. There the gradient is made of the other
 * classes' coefficients and terms.
 */
export function finalizeFour(hasOutput: bool, stats: usize, row: i32): void {
  const max = v128.load(stats);
  const targetLogit = v128.load(stats, TARGET_LOGITS);
  const termSums = termSumsOf(stats);
  const sums = softSumsOf(stats);
  const bytes = <usize>row << 3;
  const lowMax = f64x2.promote_low_f32x4(max);
  finalizePair(hasOutput, lowMax, f64x2.promote_low_f32x4(targetLogit), stats, termSums, sums, bytes);
  finalizePair(hasOutput, promoteHigh(max), promoteHigh(targetLogit), stats + 8, termSums + 16, sums + 16, bytes + 16);
  if (!hasOutput) return;
  v128.store(stats, demoteFour(termSums + EXACT_MAX_TERMS), MAX_TERMS);
  v128.store(stats + COEFFICIENT_FACTORS, f32x4.neg(demoteFour(GRAD_SCALES + bytes)));
  v128.store(stats, demoteFour(sums + EXACT_FACTORS), SCALE_FACTORS);
  v128.store(stats + ARGMAX_GRADIENTS, demoteFour(sums + ARGMAX_PARTS));
}

// @ts-expect-error: decorator
@inline
function demoteFour(doubles: usize): v128 {
  return demotePair(v128.load(doubles), v128.load(doubles, 16));
}

/**
 * Does the same for two rows. `max` and `targetLogit` are in float64. `termSums` and `sums` are the addresses of their doubles.
 * `bytes` is their offset in the arrays of rows.
 */
// @ts-expect-error: decorator
@inline
function finalizePair(
  hasOutput: bool, max: v128, targetLogit: v128, stats: usize, termSums: usize, sums: usize, bytes: usize,
): void {
  const maxTerm = v128.load(termSums, EXACT_MAX_TERMS);
  const others = f64x2.add(v128.load(termSums), f64x2.mul(v128.load(termSums, TIE_COUNTS), maxTerm));
  const sumExp = f64x2.add(maxTerm, others);
  const logSum = log1pRatio(maxTerm, others, sumExp);

  const zero = f64x2.splat(0);
  const target = v128.load(TARGET_COEFFICIENTS + bytes);
  const mass = f64x2.add(v128.load(sums + MASSES), target);
  const targetLoss = f64x2.mul(target, f64x2.sub(max, targetLogit));
  let value = f64x2.add(v128.load(sums + WEIGHTED_SUMS), v128.and(targetLoss, f64x2.ne(target, zero)));
  const lse = f64x2.add(max, logSum);
  const penalty = f64x2.mul(f64x2.splat(zLoss), lse);
  value = f64x2.add(value, f64x2.add(f64x2.mul(mass, logSum), f64x2.mul(penalty, lse)));
  v128.store(VALUES + bytes, value);
  if (!hasOutput) return;

  const gradScale = v128.load(GRAD_SCALES + bytes);
  const twicePenalty = f64x2.add(penalty, penalty);
  const scaleOverSum = f64x2.div(gradScale, sumExp);
  v128.store(sums + EXACT_FACTORS, f64x2.mul(f64x2.add(mass, twicePenalty), scaleOverSum));

  const dominates = f64x2.lt(others, f64x2.mul(f64x2.splat(DOMINATING), maxTerm));
  const threshold = v128.bitselect(f64x2.mul(f64x2.splat(0.75), maxTerm), f64x2.splat(Infinity), dominates);
  v128.store64_lane(stats + MAX_THRESHOLDS, f32x4.demote_f64x2_zero(threshold), 0);
  const targetIsMax = f64x2.eq(targetLogit, max);
  const otherCoefficients = f64x2.add(v128.load(sums + OTHER_MASSES), v128.andnot(target, targetIsMax));
  const fromTerms = f64x2.sub(f64x2.mul(twicePenalty, maxTerm), f64x2.mul(mass, others));
  const argmaxGradient = f64x2.add(f64x2.mul(gradScale, otherCoefficients), f64x2.mul(scaleOverSum, fromTerms));
  v128.store(sums + ARGMAX_PARTS, argmaxGradient);
}

/** Returns the gradient at the target class of a row, given its term and its coefficient as any class. */
// @ts-expect-error: decorator
@inline
export function targetGradient(term: f32, coefficient: f32, stats: usize, row: i32): f32 {
  if (term > load<f32>(stats + MAX_THRESHOLDS)) return load<f32>(stats + ARGMAX_GRADIENTS);
  const bytes = <usize>row << 3;
  const sum = <f64>coefficient + load<f64>(TARGET_COEFFICIENTS + bytes);
  return <f32>(<f64>term * load<f64>(softSumsOf(stats) + EXACT_FACTORS) - sum * load<f64>(GRAD_SCALES + bytes));
}

/** Returns the gradients at the target classes of four rows, with the bits of `targetGradient`. */
// @ts-expect-error: decorator
@inline
export function targetGradients(terms: v128, coefficients: v128, stats: usize, row: i32): v128 {
  const bytes = <usize>row << 3;
  const factors = softSumsOf(stats) + EXACT_FACTORS;
  const low = targetGradientPair(f64x2.promote_low_f32x4(terms), f64x2.promote_low_f32x4(coefficients), factors, bytes);
  const high = targetGradientPair(promoteHigh(terms), promoteHigh(coefficients), factors + 16, bytes + 16);
  const isMax = f32x4.gt(terms, v128.load(stats + MAX_THRESHOLDS));
  return v128.bitselect(v128.load(stats + ARGMAX_GRADIENTS), demotePair(low, high), isMax);
}

/** Returns the gradients at the targets of two rows in which the target does not dominate. */
// @ts-expect-error: decorator
@inline
function targetGradientPair(terms: v128, coefficients: v128, factors: usize, bytes: usize): v128 {
  const sums = f64x2.add(coefficients, v128.load(TARGET_COEFFICIENTS + bytes));
  return f64x2.sub(f64x2.mul(terms, v128.load(factors)), f64x2.mul(sums, v128.load(GRAD_SCALES + bytes)));
}
