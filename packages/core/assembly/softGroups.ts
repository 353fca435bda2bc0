// Groups of four lanes: their state, and the logits, exponentials and probabilities of their classes.
import { log1pRatio, promoteHigh, sumLanes } from "./arithmetic";
import {
  constant, E0, expWith, LOG2E, LOWEST, MAGIC_BIAS, MINUS_LN2_HI, MINUS_LN2_LO, ONE,
} from "./doubleExponentials";

// The state of a group. These are offsets in bytes.
/** The maxima: four floats. */
export const MAX: usize = 0;
/** The indices of the vectors that hold the maxima: four integers. A lane without a maximum has −1. */
export const TOP: usize = 16;
/** Σ exp(x − max) without the maximum's own 1: four doubles, like the following. */
export const SUM: usize = 32;
/** log(1 + SUM). */
export const LOG_SUM: usize = 64;
/** 1 / (1 + SUM): the probability of the maximum. */
export const INVERSE: usize = 96;
/** Σ c · f. */
export const LOSS: usize = 128;
/** Σ s of all classes but the maximum. */
export const SLOPES: usize = 160;
/** s of the maximum. */
export const TOP_SLOPE: usize = 192;
/** c of the maximum. */
export const TOP_COEFFICIENT: usize = 224;
/** Masks of the rows that have a nonzero coefficient: four integers. `finishLosses` removes ignored rows. */
export const USED: usize = 256;
export const STATE_BYTES: usize = 272;

/** The bytes of a vector of four doubles. */
export const VECTOR: usize = 32;

/** Returns four floats: adjacent ones, or those of four rows. */
// @ts-expect-error: decorator
@inline
export function gather(x: usize, rowStride: usize): v128 {
  if (rowStride == 4) return v128.load(x);
  let lanes = v128.load32_zero(x);
  lanes = v128.load_lane<f32>(x + rowStride, lanes, 1);
  lanes = v128.load_lane<f32>(x + 2 * rowStride, lanes, 2);
  return v128.load_lane<f32>(x + 3 * rowStride, lanes, 3);
}

/** Stores what `gather` loads. */
// @ts-expect-error: decorator
@inline
export function scatter(x: usize, rowStride: usize, lanes: v128): void {
  if (rowStride == 4) {
    v128.store(x, lanes);
    return;
  }
  v128.store_lane<f32>(x, lanes, 0);
  v128.store_lane<f32>(x + rowStride, lanes, 1);
  v128.store_lane<f32>(x + 2 * rowStride, lanes, 2);
  v128.store_lane<f32>(x + 3 * rowStride, lanes, 3);
}

/** Clears the state of a group. */
// @ts-expect-error: decorator
@inline
export function startGroup(state: usize): void {
  const zero = i32x4.splat(0);
  v128.store(state, f32x4.splat(-Infinity), MAX);
  v128.store(state, zero, TOP);
  for (let i: usize = SUM; i < STATE_BYTES; i += 16) v128.store(state + i, zero);
}

/** Copies logits to doubles and finds the maxima. */
// @ts-expect-error: decorator
@inline
export function loadLogits(
  x: usize, rowStride: usize, classStride: usize, logits: usize, vectors: i32, isRow: bool, state: usize,
): void {
  let max = v128.load(state, MAX);
  let top = v128.load(state, TOP);
  for (let j = 0; j < vectors; j++, x += classStride, logits += VECTOR) {
    const lanes = gather(x, rowStride);
    v128.store(logits, f64x2.promote_low_f32x4(lanes));
    v128.store(logits, promoteHigh(lanes), 16);
    const isLarger = f32x4.gt(lanes, max);
    max = v128.bitselect(lanes, max, isLarger);
    top = v128.bitselect(i32x4.splat(j), top, isLarger);
  }
  v128.store(state, max, MAX);
  v128.store(state, top, TOP);
  if (isRow) joinMaxima(state);
}

/** Gives all lanes the maximum of the row. Only the lane of its first occurrence keeps its index. */
function joinMaxima(state: usize): void {
  let max: f32 = -Infinity;
  for (let i: usize = 0; i < 16; i += 4) max = Mathf.max(max, load<f32>(state + i, MAX));
  let least = i32.MAX_VALUE;
  let lane: usize = 0;
  for (let i: usize = 0; i < 16; i += 4) {
    const top = load<i32>(state + i, TOP);
    if (load<f32>(state + i, MAX) == max && top < least) {
      least = top;
      lane = i;
    }
  }
  v128.store(state, f32x4.splat(max), MAX);
  v128.store(state, i32x4.splat(-1), TOP);
  store<i32>(state + lane, least, TOP);
}

/** Returns the offset of a lane's maximum in the arrays of its group, or −1 if another lane has it. */
// @ts-expect-error: decorator
@inline
export function topOffset(state: usize, lane: usize): isize {
  const j = load<i32>(state + (lane << 2), TOP);
  return j < 0 ? -1 : <isize>((<usize>j << 2) + lane << 3);
}

/** Replaces logits by x − max, and those of the maxima by −∞. Writes the exponentials, and adds them up. */
export function exponentials(logits: usize, exps: usize, vectors: i32, isRow: bool, state: usize): void {
  for (let lane: usize = 0; lane < 4; lane++) {
    const offset = topOffset(state, lane);
    if (offset >= 0) store<f64>(logits + offset, -Infinity);
  }
  const max = v128.load(state, MAX);
  const lowMax = f64x2.promote_low_f32x4(max);
  const highMax = promoteHigh(max);
  const log2e = constant(LOG2E);
  const magicBias = constant(MAGIC_BIAS);
  const minusLn2Hi = constant(MINUS_LN2_HI);
  const minusLn2Lo = constant(MINUS_LN2_LO);
  const lowest = constant(LOWEST);
  const e0 = constant(E0);
  const e1 = constant(E0 + 1);
  const e2 = constant(E0 + 2);
  const e3 = constant(E0 + 3);
  const e4 = constant(E0 + 4);
  const e5 = constant(E0 + 5);
  // NaN, where the maximum is not finite.
  let low = f64x2.sub(lowMax, lowMax);
  let high = f64x2.sub(highMax, highMax);
  for (const end = logits + VECTOR * vectors; logits < end; logits += VECTOR, exps += VECTOR) {
    const lowShifted = f64x2.sub(v128.load(logits), lowMax);
    const highShifted = f64x2.sub(v128.load(logits, 16), highMax);
    v128.store(logits, lowShifted);
    v128.store(logits, highShifted, 16);
    const lowExp = expWith(lowShifted, log2e, magicBias, minusLn2Hi, minusLn2Lo, lowest, e0, e1, e2, e3, e4, e5);
    const highExp = expWith(highShifted, log2e, magicBias, minusLn2Hi, minusLn2Lo, lowest, e0, e1, e2, e3, e4, e5);
    v128.store(exps, lowExp);
    v128.store(exps, highExp, 16);
    low = f64x2.add(low, lowExp);
    high = f64x2.add(high, highExp);
  }
  v128.store(state, low, SUM);
  v128.store(state, high, SUM + 16);
  if (isRow) joinSums(state + SUM);
  const one = constant(ONE);
  for (let i: usize = 0; i < VECTOR; i += 16) {
    const rest = v128.load(state + i, SUM);
    const sum = f64x2.add(one, rest);
    v128.store(state + i, log1pRatio(one, rest, sum), LOG_SUM);
    v128.store(state + i, f64x2.div(one, sum), INVERSE);
  }
}

/** Adds the four doubles of one row, and stores the sum in all lanes. */
// @ts-expect-error: decorator
@inline
export function joinSums(sums: usize): void {
  const sum = f64x2.splat(sumLanes(f64x2.add(v128.load(sums), v128.load(sums, 16))));
  v128.store(sums, sum);
  v128.store(sums, sum, 16);
}

/** Replaces x − max by the cross-entropies and the exponentials by the probabilities p, and writes 1 − p. */
// @ts-expect-error: decorator
@inline
export function probabilities(logits: usize, exps: usize, complements: usize, vectors: i32, state: usize): void {
  const one = constant(ONE);
  const lowLogSum = v128.load(state, LOG_SUM);
  const highLogSum = v128.load(state, LOG_SUM + 16);
  const lowInverse = v128.load(state, INVERSE);
  const highInverse = v128.load(state, INVERSE + 16);
  for (let offset: usize = 0, end = VECTOR * vectors; offset < end; offset += VECTOR) {
    const low = f64x2.mul(v128.load(exps + offset), lowInverse);
    const high = f64x2.mul(v128.load(exps + offset, 16), highInverse);
    v128.store(exps + offset, low);
    v128.store(exps + offset, high, 16);
    v128.store(complements + offset, f64x2.sub(one, low));
    v128.store(complements + offset, f64x2.sub(one, high), 16);
    v128.store(logits + offset, f64x2.sub(lowLogSum, v128.load(logits + offset)));
    v128.store(logits + offset, f64x2.sub(highLogSum, v128.load(logits + offset, 16)), 16);
  }
  // The probability of the maximum has been taken out of the sum: 1 − p does not cancel.
  for (let lane: usize = 0; lane < 4; lane++) {
    const offset = topOffset(state, lane);
    if (offset < 0) continue;
    const inverse = load<f64>(state + (lane << 3), INVERSE);
    store<f64>(logits + offset, load<f64>(state + (lane << 3), LOG_SUM));
    store<f64>(exps + offset, inverse);
    store<f64>(complements + offset, load<f64>(state + (lane << 3), SUM) * inverse);
  }
}
