import { madd, promoteHigh } from "./arithmetic";
import { float } from "./constants";

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

/** exp(t) − 1 for |t| ≤ ln 2 / 2, as t + t² · q(t) with q of degree 4. */
// @ts-expect-error: decorator
@inline
export function expm1OfReduced(t: v128, c6: v128, c5: v128, c4: v128, c3: v128, c2: v128): v128 {
  const q = madd(madd(madd(madd(c6, t, c5), t, c4), t, c3), t, c2);
  return madd(q, f32x4.mul(t, t), t);
}

/**
 * exp(x) · 2^(−k) for the floats from x to end, to 1 ulp; their sums, lane by lane, to `sums`.
 *
 * `magic` is MAGIC − k, and `low` is where results end: 0 from there down, so that −∞ gives 0 and
 * never reaches the reduction, which would make it NaN. The exponent n − k goes straight into the
 * result's bits: shifting exponents instead of values leaves x − max unrounded, which costs up to
 * 65 ulp.
 *
 * Sums are at most 16 terms deep, of short rows 4, then folded into doubles: equal terms round alike, so depth
 * shows. 128 deep, ties are off by 12 ulp, and one float lane over 50257 classes by a thousand.
 */
// @ts-expect-error: decorator
@inline
function exponentials(
  keep: bool, tops: bool, x: usize, out: usize, end: usize, low: v128, magic: v128, top: v128, sums: usize,
): void {
  const log2e = float(0);
  const high = float(1);
  const rest = float(2);
  const c6 = float(3);
  const c5 = float(4);
  const c4 = float(5);
  const c3 = float(6);
  const c2 = float(7);
  let sumLow = f64x2.splat(0);
  let sumHigh = sumLow;
  let equal = i32x4.splat(-1);
  while (x < end) {
    const stop = min(end, x + (tops ? 64 : 256));
    let sum = f32x4.splat(0);
    for (; x < stop; x += 16) {
      // pmax in this order keeps NaN.
      const logit = v128.load(x);
      const clamped = f32x4.pmax(logit, low);
      const z = rounded(clamped, magic, log2e);
      const t = reduced(clamped, f32x4.sub(z, magic), high, rest);
      const scale = i32x4.shl(z, 23);
      const e = madd(scale, expm1OfReduced(t, c6, c5, c4, c3, c2), scale);
      if (tops) {
        const isTop = f32x4.eq(logit, top);
        equal = i32x4.sub(equal, isTop);
        sum = f32x4.add(sum, v128.andnot(e, isTop));
      } else sum = f32x4.add(sum, e);
      if (keep) {
        v128.store(out, e);
        out += 16;
      }
    }
    sumLow = f64x2.add(sumLow, f64x2.promote_low_f32x4(sum));
    sumHigh = f64x2.add(sumHigh, promoteHigh(sum));
  }
  v128.store(sums, sumLow);
  v128.store(sums, sumHigh, 16);
  if (tops) v128.store(sums, equal, 32);
}

/** Only their sums. */
export function sumExponentials(x: usize, end: usize, low: v128, magic: v128, sums: usize): void {
  exponentials(false, false, x, 0, end, low, magic, low, sums);
}

/** Their sums, and each to `out`. */
export function keepExponentials(x: usize, out: usize, end: usize, low: v128, magic: v128, sums: usize): void {
  exponentials(true, false, x, out, end, low, magic, low, sums);
}

/** Only their sums without what equals `top`, which is counted: one less than there are, behind the sums. */
export function sumOthers(x: usize, end: usize, low: v128, magic: v128, top: v128, sums: usize): void {
  exponentials(false, true, x, 0, end, low, magic, top, sums);
}

/** The same, and each takes its element's place. */
export function keepOthers(x: usize, end: usize, low: v128, magic: v128, top: v128, sums: usize): void {
  exponentials(true, true, x, x, end, low, magic, top, sums);
}
