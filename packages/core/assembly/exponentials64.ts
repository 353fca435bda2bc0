// exp and 1 − exp of doubles, without cancellation.
import { maddF64 } from "./arithmetic";

/** 1.5 · 2⁵² + 1023: adding it rounds a double to an integer, with the exponent bias, in the low bits of the sum. */
const MAGIC_BIAS: f64 = 6755399441056767;
const LOG2E: f64 = 1.4426950408889634;
// ln 2 in two parts: products of the high one, which has 33 bits, with whole numbers are exact.
const LN2_HIGH: f64 = 0.6931471803691238;
const LN2_LOW: f64 = 1.9082149292705877e-10;
/** Below this, where exp(x) is less than 4e-308, it is 0 here. */
const LOWEST: f64 = -708;

/** Returns exp(t) − 1 for |t| ≤ ln 2 / 2 by its Taylor series, whose first omitted term is 3e-19 · t. */
// @ts-expect-error: decorator
@inline
function expm1(t: v128): v128 {
  let q = maddF64(t, f64x2.splat(1 / 87178291200.0), f64x2.splat(1 / 6227020800.0));
  q = maddF64(q, t, f64x2.splat(1 / 479001600.0));
  q = maddF64(q, t, f64x2.splat(1 / 39916800.0));
  q = maddF64(q, t, f64x2.splat(1 / 3628800.0));
  q = maddF64(q, t, f64x2.splat(1 / 362880.0));
  q = maddF64(q, t, f64x2.splat(1 / 40320.0));
  q = maddF64(q, t, f64x2.splat(1 / 5040.0));
  q = maddF64(q, t, f64x2.splat(1 / 720.0));
  q = maddF64(q, t, f64x2.splat(1 / 120.0));
  q = maddF64(q, t, f64x2.splat(1 / 24.0));
  q = maddF64(q, t, f64x2.splat(1 / 6.0));
  q = maddF64(q, t, f64x2.splat(0.5));
  return maddF64(q, f64x2.mul(t, t), t);
}

/**
 * Writes exp(−q · x) and 1 − exp(−q · x) of `count` doubles of at least 0, for a positive q. NaN stays NaN. `count` is
 * rounded up to a pair. An output may equal the input.
 */
export function expOfNegative(x: usize, q: f64, exp: usize, complement: usize, count: i32): void {
  const minusQ = f64x2.splat(-q);
  const one = f64x2.splat(1);
  const lowest = f64x2.splat(LOWEST);
  const magicBias = f64x2.splat(MAGIC_BIAS);
  for (const end = x + (<usize>count << 3); x < end; x += 16, exp += 16, complement += 16) {
    const element = f64x2.mul(v128.load(x), minusQ);
    // pmax in this order keeps NaN.
    const clamped = f64x2.pmax(element, lowest);
    const biasedExponent = maddF64(clamped, f64x2.splat(LOG2E), magicBias);
    const n = f64x2.sub(biasedExponent, magicBias);
    const t = maddF64(n, f64x2.splat(-LN2_LOW), maddF64(n, f64x2.splat(-LN2_HIGH), clamped));
    const power = i64x2.shl(biasedExponent, 52);
    const rest = f64x2.mul(power, expm1(t));
    v128.store(exp, v128.andnot(f64x2.add(power, rest), f64x2.lt(element, lowest)));
    v128.store(complement, f64x2.sub(f64x2.sub(one, power), rest));
  }
}
