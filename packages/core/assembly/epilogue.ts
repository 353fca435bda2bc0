// What comes of rows whose sums are known: two at a time, in doubles.
import { logOfRatio } from "./arithmetic";
import { double, float, LOG2E } from "./constants";
import { COUNTS, doublesOf, FACTORS, LOGITS, LOGS, OWN, SCALES, SLOPES, TERMS, VALUES } from "./memory";
import { isGradient, isLogSoftmax, isLoss, isSoftmax, keeps } from "./operation";
import { constantsNow, ownOf } from "./temperature";

/**
 * From this exponent of the maximum on, values are shifted first. Below, all exponents that count are below
 * 2⁹, so that their products with the 15 bits of −ln 2 are exact; above, so are all differences that count.
 */
const LARGE: f32 = 300;

/** What is subtracted from rows with these maxima before their exponentials are made. */
// @ts-expect-error: decorator
@inline
export function shiftOf(tops: v128): v128 {
  return v128.and(tops, f32x4.ge(f32x4.abs(f32x4.mul(tops, float(LOG2E, constantsNow()))), f32x4.splat(LARGE)));
}

/** The multiples of ln 2 that maxima, shifted, are reduced by. */
// @ts-expect-error: decorator
@inline
export function exponentOf(shifted: v128): v128 {
  return f32x4.nearest(f32x4.mul(shifted, float(LOG2E, constantsNow())));
}

/** The terms of two maxima themselves: around 2^OFFSET. */
// @ts-expect-error: decorator
@inline
function termsOf(tops: v128): v128 {
  const shifted = f32x4.sub(tops, shiftOf(tops));
  return ownOf(f64x2.promote_low_f32x4(shifted), f64x2.promote_low_f32x4(exponentOf(shifted)));
}

/** Whether rows are done already, which their maxima say by being NaN. */
// @ts-expect-error: decorator
@inline
export function isDone(notes: usize): bool {
  const tops = v128.load64_zero(notes);
  return v128.any_true(f32x4.ne(tops, tops));
}

/**
 * Of the rows noted from `notes` to `end`, of which the maxima and the sums of the others' terms are
 * known: their values, the factors of their terms, the slopes at their targets.
 */
export function settle(writes: bool, notes: usize, end: usize, row: i32): void {
  for (; notes < end; notes += 8, row += 2) {
    if (!isDone(notes)) settleTwo(writes, notes, row);
  }
}

// @ts-expect-error: decorator
@inline
function settleTwo(writes: bool, notes: usize, row: i32): void {
  const tops = v128.load64_zero(notes);
  const own = termsOf(tops);
  const sums = doublesOf(notes);
  let others = v128.load(sums);
  if (keeps(writes)) {
    v128.store64_lane(notes, f32x4.demote_f64x2_zero(own), 0, OWN);
    others = f64x2.add(others, f64x2.mul(v128.load(sums, COUNTS), own));
  }
  const total = f64x2.add(own, others);
  if (isSoftmax()) {
    v128.store64_lane(notes, f32x4.demote_f64x2_zero(f64x2.div(double(9), total)), 0, FACTORS);
    return;
  }
  const log = logOfRatio(own, others, total);
  if (isLogSoftmax(writes)) {
    v128.store64_lane(notes, f32x4.demote_f64x2_zero(log), 0, LOGS);
    return;
  }
  const logits = isLoss() ? v128.load64_zero(notes, LOGITS) : f32x4.splat(0);
  const above = f64x2.sub(f64x2.promote_low_f32x4(tops), f64x2.promote_low_f32x4(logits));
  v128.store(VALUES + (<usize>row << 3), f64x2.add(above, log));
  if (!isGradient(writes)) return;

  const upstream = v128.load(SCALES + (<usize>row << 3));
  const factors = f64x2.div(upstream, total);
  v128.store64_lane(notes, f32x4.demote_f64x2_zero(factors), 0, FACTORS);
  const terms = f64x2.promote_low_f32x4(v128.load64_zero(notes, TERMS));
  // p − 1 would cancel where the target has the greatest logit.
  const slopes = f32x4.demote_f64x2_zero(f64x2.sub(f64x2.mul(terms, factors), upstream));
  const rest = f32x4.neg(f32x4.demote_f64x2_zero(f64x2.mul(others, factors)));
  v128.store64_lane(notes, v128.bitselect(rest, slopes, f32x4.eq(logits, tops)), 0, SLOPES);
}
