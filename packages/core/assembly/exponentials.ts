import { madd, promoteHigh } from "./arithmetic";
import { C2, C6, EXPONENT, float, HIGH, LOG2E, PLAIN, REST, TEMPERATURE } from "./constants";
import { COUNTS, LINE } from "./memory";
import { constantsNow } from "./temperature";

/** 1.5 · 2²³ + 127: what was added to it has its rounded value, as the exponent of a float, in the low bits. */
export const MAGIC: f32 = 12583039;

/** n for x = n · ln 2 + t, still added to `magic`. */
// @ts-expect-error: decorator
@inline
export function rounded(x: v128, magic: v128, log2e: v128): v128 {
  return madd(x, log2e, magic);
}

/** t for x = n · ln 2 + t (Cody and Waite, two constants). */
// @ts-expect-error: decorator
@inline
export function reduced(x: v128, n: v128, high: v128, rest: v128): v128 {
  return madd(n, rest, madd(n, high, x));
}

/**
 * exp(t) − 1 for |t| ≤ ln 2 / 2, as t + t² · q(t) with q of degree 4: by Horner's scheme, which rounds
 * least; but where a step is two roundings long, the chain of all would take 6 % longer than a tree.
 */
// @ts-expect-error: decorator
@inline
export function expm1OfReduced(t: v128, c6: v128, c5: v128, c4: v128, c3: v128, c2: v128): v128 {
  const t2 = f32x4.mul(t, t);
  const q = ASC_FEATURE_RELAXED_SIMD
    ? madd(madd(madd(madd(c6, t, c5), t, c4), t, c3), t, c2)
    : madd(madd(c6, t2, madd(c5, t, c4)), t2, madd(c3, t, c2));
  return madd(q, t2, t);
}

/**
 * exp(x) · 2^(−k), or as `temper` says, for the vectors from x to end, `step` bytes apart; their sums,
 * lane by lane, to `sums`.
 *
 * k is `n`, the maximum's exponent, less OFFSET. Results end at `low`: 0 from there down, so that −∞
 * gives 0 and never reaches the reduction, which would make it NaN. An exponent less k goes straight
 * into the result's bits: shifting exponents instead of values leaves x − max unrounded, which costs
 * up to 65 ulp.
 *
 * Sums are `depth` terms deep, then folded into doubles: equal terms round alike, so depth shows. 128
 * deep, ties are off by 12 ulp, and one float lane over 50257 classes by a thousand.
 */
// @ts-expect-error: decorator
@inline
function exponentials(
  keep: bool, withTops: bool, tempered: bool, x: usize, out: usize, end: usize, step: usize, depth: usize,
  n: v128, top: v128, sums: usize,
): void {
  const constants = tempered ? constantsNow() : PLAIN;
  const log2e = float(LOG2E, constants);
  const high = float(HIGH, constants);
  const rest = float(REST, constants);
  const c6 = float(C6, constants);
  const c5 = float(C6 + 1, constants);
  const c4 = float(C6 + 2, constants);
  const c3 = float(C2 - 1, constants);
  const c2 = float(C2, constants);
  const temperature = float(TEMPERATURE, constants);
  const k = f32x4.add(n, float(EXPONENT, constants));
  const low = f32x4.mul(f32x4.sub(f32x4.splat(127), k), high);
  const magic = f32x4.sub(f32x4.splat(MAGIC), k);
  v128.store(sums, f64x2.splat(0));
  v128.store(sums, f64x2.splat(0), 16);
  let equal = i32x4.splat(-1);
  while (x < end) {
    const stop = min(end, x + step * depth);
    let sum = f32x4.splat(0);
    for (; x < stop; x += step) {
      // pmax in this order keeps NaN.
      const logit = v128.load(x);
      const clamped = f32x4.pmax(logit, low);
      const z = rounded(clamped, magic, log2e);
      const t = reduced(clamped, f32x4.sub(z, magic), high, rest);
      const scale = i32x4.shl(z, 23);
      const p = expm1OfReduced(t, c6, c5, c4, c3, c2);
      const e = tempered ? f32x4.mul(scale, f32x4.add(temperature, p)) : madd(scale, p, scale);
      if (withTops) {
        const isTop = f32x4.eq(logit, top);
        equal = i32x4.sub(equal, isTop);
        sum = f32x4.add(sum, v128.andnot(e, isTop));
      } else sum = f32x4.add(sum, e);
      if (keep) {
        v128.store(out, e);
        out += step;
      }
    }
    v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(sum)));
    v128.store(sums, f64x2.add(v128.load(sums, 16), promoteHigh(sum)), 16);
  }
  if (!withTops) return;
  v128.store(sums, f64x2.convert_low_i32x4_s(equal), COUNTS);
  v128.store(sums, f64x2.convert_low_i32x4_s(v128.shuffle<i32>(equal, equal, 2, 3, 2, 3)), COUNTS + 16);
}

/** Of short rows, whose few terms are alike. */
const SHORT: usize = 4;
const LONG: usize = 8;

// Loops of their own for other temperatures would not pay: lines and rows share them. What a row counts
// on the way is not used.

// @ts-expect-error: decorator
@inline
function isTempered(): bool {
  return constantsNow() != PLAIN;
}

function sumTempered(x: usize, end: usize, step: usize, depth: usize, n: v128, sums: usize): void {
  exponentials(false, false, true, x, 0, end, step, depth, n, n, sums);
}

function keepTempered(
  x: usize, out: usize, end: usize, step: usize, depth: usize, n: v128, top: v128, sums: usize,
): void {
  exponentials(true, true, true, x, out, end, step, depth, n, top, sums);
}

/** Only the sums, of the tile's lines. */
export function sumLines(x: usize, end: usize, n: v128, sums: usize): void {
  if (isTempered()) sumTempered(x, end, LINE, SHORT, n, sums);
  else exponentials(false, false, false, x, 0, end, LINE, SHORT, n, n, sums);
}

/**
 * The sums of the tile's lines without what equals `top`, which is counted, all but one. Each takes its element's place.
 */
export function keepLines(x: usize, end: usize, n: v128, top: v128, sums: usize): void {
  if (isTempered()) keepTempered(x, x, end, LINE, SHORT, n, top, sums);
  else exponentials(true, true, false, x, x, end, LINE, SHORT, n, top, sums);
}

/** Only the sums, of a row. */
export function sumRow(x: usize, end: usize, n: v128, sums: usize): void {
  if (isTempered()) sumTempered(x, end, 16, LONG, n, sums);
  else exponentials(false, false, false, x, 0, end, 16, LONG, n, n, sums);
}

/** The sums of a row, and each to `out`. */
export function keepRow(x: usize, out: usize, end: usize, n: v128, sums: usize): void {
  if (isTempered()) keepTempered(x, out, end, 16, LONG, n, f32x4.splat(NaN), sums);
  else exponentials(true, false, false, x, out, end, 16, LONG, n, n, sums);
}
