// exp on four floats at a time, and the loops that sum and store it.
import { maddF32, promoteHigh } from "./arithmetic";
import {
  C2, C3, C4, C5, C6, EXPONENT_SHIFT, LOG2E, MINUS_LN2_HI, MINUS_LN2_LO, splatConstant, TEMPERATURE, UNIT_CONSTANTS,
} from "./constants";
import { TAIL_BUFFER, TIE_COUNTS, TILE_STRIDE } from "./memory";
import { activeConstants } from "./temperature";

/**
 * 1.5 · 2²³ + 127. Adding it rounds a float to an integer, which is then in the low bits of the sum, with the
 * exponent bias of 127 added.
 */
export const MAGIC_BIAS: f32 = 12583039;

/** Returns `magicBias` + n for x = n · ln 2 + t. */
// @ts-expect-error: decorator
@inline
export function roundToExponent(x: v128, magicBias: v128, log2e: v128): v128 {
  return maddF32(x, log2e, magicBias);
}

/** Returns t for x = n · ln 2 + t. ln 2 is split into two constants (Cody and Waite). */
// @ts-expect-error: decorator
@inline
export function reduceArgument(x: v128, n: v128, minusLn2Hi: v128, minusLn2Lo: v128): v128 {
  return maddF32(n, minusLn2Lo, maddF32(n, minusLn2Hi, x));
}

/**
 * Returns exp(t) − 1 for |t| ≤ ln 2 / 2 as t + t² · q(t), where q has degree 4.
 *
 * Horner's scheme rounds least. Plain SIMD takes Estrin's: without FMA, Horner's chain of dependent
 * operations makes the loop 6 % slower.
 */
// @ts-expect-error: decorator
@inline
export function expm1Reduced(t: v128, c6: v128, c5: v128, c4: v128, c3: v128, c2: v128): v128 {
  const t2 = f32x4.mul(t, t);
  const q = ASC_FEATURE_RELAXED_SIMD
    ? maddF32(maddF32(maddF32(maddF32(c6, t, c5), t, c4), t, c3), t, c2)
    : maddF32(maddF32(c6, t2, maddF32(c5, t, c4)), t2, maddF32(c3, t, c2));
  return maddF32(q, t2, t);
}

/** Returns exp(x) · 2^−k, with the constants of `sumExp`. */
// @ts-expect-error: decorator
@inline
function expTerm(
  withTemperature: bool, x: v128, lowest: v128, magicBias: v128, log2e: v128, minusLn2Hi: v128, minusLn2Lo: v128,
  c6: v128, c5: v128, c4: v128, c3: v128, c2: v128, temperature: v128,
): v128 {
  // pmax in this order keeps NaN.
  const clamped = f32x4.pmax(x, lowest);
  const biasedExponent = roundToExponent(clamped, magicBias, log2e);
  const t = reduceArgument(clamped, f32x4.sub(biasedExponent, magicBias), minusLn2Hi, minusLn2Lo);
  const power = i32x4.shl(biasedExponent, 23);
  const p = expm1Reduced(t, c6, c5, c4, c3, c2);
  return withTemperature ? f32x4.mul(power, f32x4.add(temperature, p)) : maddF32(power, p, power);
}

/** Adds four floats to the four doubles at `sums`. */
// @ts-expect-error: decorator
@inline
function addToDoubles(terms: v128, sums: usize): void {
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(terms)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), promoteHigh(terms)), 16);
}

/**
 * Computes exp(x) · 2^−k of the vectors from `x` to `end`, which are `stride` bytes apart, and stores the
 * lane-wise sums as four doubles at `sums`. With `storesTerms` it writes each vector of terms to `out`.
 * With `excludesMax` it leaves elements equal to `max` out of the sums and stores their number less one,
 * lane by lane, as four doubles at `sums` + TIE_COUNTS. With `replacesBlock`, the four vectors at `replaced` are read from
 * TAIL_BUFFER instead. `replaced` is the address of a group of four vectors that are added together, or 0.
 *
 * k is `n`, the exponent of the maximum, plus EXPONENT_SHIFT. Subtracting k from the bits of the result's
 * exponent, rather than the maximum from x, avoids the rounding of x − max, which costs up to 65 ulp.
 * Inputs are clamped to `lowest`, where the result is exactly 0. So −∞ gives 0 and does not reach the
 * reduction, which would return NaN.
 *
 * A float lane adds four terms, by pairs, before it is added to the doubles, so that a term is rounded twice on
 * its way. With a temperature it adds them one by one: a second unrolled loop is not worth its bytes.
 */
// @ts-expect-error: decorator
@inline
function sumExp(
  storesTerms: bool, excludesMax: bool, withTemperature: bool, replacesBlock: bool, x: usize, out: usize, end: usize,
  stride: usize, replaced: usize, n: v128, max: v128, sums: usize,
): void {
  const constants = withTemperature ? activeConstants() : UNIT_CONSTANTS;
  const log2e = splatConstant(LOG2E, constants);
  const minusLn2Hi = splatConstant(MINUS_LN2_HI, constants);
  const minusLn2Lo = splatConstant(MINUS_LN2_LO, constants);
  const c6 = splatConstant(C6, constants);
  const c5 = splatConstant(C5, constants);
  const c4 = splatConstant(C4, constants);
  const c3 = splatConstant(C3, constants);
  const c2 = splatConstant(C2, constants);
  const temperature = splatConstant(TEMPERATURE, constants);
  const k = f32x4.add(n, splatConstant(EXPONENT_SHIFT, constants));
  const lowest = f32x4.mul(f32x4.sub(f32x4.splat(127), k), minusLn2Hi);
  const magicBias = f32x4.sub(f32x4.splat(MAGIC_BIAS), k);
  const replacement = replacesBlock ? TAIL_BUFFER : 0;
  v128.store(sums, f64x2.splat(0));
  v128.store(sums, f64x2.splat(0), 16);
  let ties = i32x4.splat(-1);
  if (!withTemperature) {
    const stride2 = stride * 2;
    const stride3 = stride * 3;
    for (; x + stride3 < end; x += stride * 4) {
      const block = replacesBlock ? select(replacement, x, x == replaced) : x;
      const x0 = v128.load(block);
      let e0 = expTerm(false, x0, lowest, magicBias, log2e, minusLn2Hi, minusLn2Lo, c6, c5, c4, c3, c2, temperature);
      if (storesTerms) v128.store(out, e0);
      if (excludesMax) e0 = v128.andnot(e0, f32x4.eq(x0, max));
      const x1 = v128.load(block + stride);
      let e1 = expTerm(false, x1, lowest, magicBias, log2e, minusLn2Hi, minusLn2Lo, c6, c5, c4, c3, c2, temperature);
      if (storesTerms) v128.store(out + stride, e1);
      if (excludesMax) e1 = v128.andnot(e1, f32x4.eq(x1, max));
      const pair = f32x4.add(e0, e1);
      const x2 = v128.load(block + stride2);
      let e2 = expTerm(false, x2, lowest, magicBias, log2e, minusLn2Hi, minusLn2Lo, c6, c5, c4, c3, c2, temperature);
      if (storesTerms) v128.store(out + stride2, e2);
      if (excludesMax) e2 = v128.andnot(e2, f32x4.eq(x2, max));
      const x3 = v128.load(block + stride3);
      let e3 = expTerm(false, x3, lowest, magicBias, log2e, minusLn2Hi, minusLn2Lo, c6, c5, c4, c3, c2, temperature);
      if (storesTerms) {
        v128.store(out + stride3, e3);
        out += stride * 4;
      }
      if (excludesMax) {
        e3 = v128.andnot(e3, f32x4.eq(x3, max));
        ties = i32x4.sub(ties, i32x4.add(f32x4.eq(x0, max), f32x4.eq(x1, max)));
        ties = i32x4.sub(ties, i32x4.add(f32x4.eq(x2, max), f32x4.eq(x3, max)));
      }
      addToDoubles(f32x4.add(pair, f32x4.add(e2, e3)), sums);
    }
  }
  while (x < end) {
    const count = min(end - x, stride * 4);
    let sum = f32x4.splat(0);
    let block = replacesBlock ? select(replacement, x, x == replaced) : x;
    for (const blockEnd = block + count; block < blockEnd; block += stride) {
      const element = v128.load(block);
      let term = expTerm(
        withTemperature, element, lowest, magicBias, log2e, minusLn2Hi, minusLn2Lo, c6, c5, c4, c3, c2, temperature,
      );
      if (storesTerms) {
        v128.store(out, term);
        out += stride;
      }
      if (excludesMax) {
        const isMax = f32x4.eq(element, max);
        ties = i32x4.sub(ties, isMax);
        term = v128.andnot(term, isMax);
      }
      sum = f32x4.add(sum, term);
    }
    addToDoubles(sum, sums);
    x += count;
  }
  if (!excludesMax) return;
  v128.store(sums, f64x2.convert_low_i32x4_s(ties), TIE_COUNTS);
  v128.store(sums, f64x2.convert_low_i32x4_s(v128.shuffle<i32>(ties, ties, 2, 3, 2, 3)), TIE_COUNTS + 16);
}

// Interleaved and contiguous rows share the two loops below, because further copies of the loop with a
// temperature are not worth their bytes. The tie counts that they store for a contiguous row are not read.

// @ts-expect-error: decorator
@inline
function hasTemperature(): bool {
  return activeConstants() != UNIT_CONSTANTS;
}

function sumExpWithTemperature(x: usize, end: usize, stride: usize, replaced: usize, n: v128, sums: usize): void {
  sumExp(false, false, true, true, x, 0, end, stride, replaced, n, n, sums);
}

function storeExpWithTemperature(
  x: usize, out: usize, end: usize, stride: usize, replaced: usize, n: v128, max: v128, sums: usize,
): void {
  sumExp(true, true, true, true, x, out, end, stride, replaced, n, max, sums);
}

/** Sums the terms of four interleaved rows in the tile, or of a contiguous row. See `sumExp`. */
export function sumExpOf(x: usize, end: usize, stride: usize, replaced: usize, n: v128, sums: usize): void {
  if (hasTemperature()) sumExpWithTemperature(x, end, stride, replaced, n, sums);
  else sumExp(false, false, false, true, x, 0, end, stride, replaced, n, n, sums);
}

/**
 * Replaces the elements of four interleaved rows in the tile by their terms, sums the terms of elements
 * that differ from `max`, and counts the other elements less one. See `sumExp`.
 */
export function interleavedStoreExp(x: usize, end: usize, n: v128, max: v128, sums: usize): void {
  if (hasTemperature()) storeExpWithTemperature(x, x, end, TILE_STRIDE, 0, n, max, sums);
  else sumExp(true, true, false, false, x, x, end, TILE_STRIDE, 0, n, max, sums);
}

/** Sums the same terms, but does not overwrite the elements. There is no temperature. */
export function interleavedSumExp(x: usize, end: usize, n: v128, max: v128, sums: usize): void {
  sumExp(false, true, false, false, x, x, end, TILE_STRIDE, 0, n, max, sums);
}

/** Sums the terms of a contiguous row and writes them to `out`. See `sumExp`. */
export function rowStoreExp(x: usize, out: usize, end: usize, replaced: usize, n: v128, sums: usize): void {
  if (hasTemperature()) storeExpWithTemperature(x, out, end, 16, replaced, n, f32x4.splat(NaN), sums);
  else sumExp(true, false, false, true, x, out, end, 16, replaced, n, n, sums);
}
