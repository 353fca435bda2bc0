// The softcap s · tanh(x / s), which keeps logits between −s and s, and its derivative, the slope.
//
// `x`, `slopes` and `gradient` are addresses. `count` is a multiple of four.
import { maddF32 } from "./arithmetic";

/** Above this quotient |x| / s, the exponential is no normal float. */
const LARGEST_RATIO: f64 = 43.5;
const MINUS_TWO_LOG2E: f64 = -2.8853900817779268;

/** Float32 constants. They are loaded, because V8 rebuilds a constant vector in every iteration of a loop. */
const CONSTANTS: usize = memory.data<f32>([
  12583039, // 1.5 · 2²³ + 127. Adding it rounds to an integer, and adds the exponent's bias of 127.
  // 2^f − 1 = f · (c1 + c2 f + … + c6 f⁵) for |f| ≤ ½, from c6 down to c1
  0.00015320805, 0.0013390863, 0.009618272, 0.05550364, 0.24022654, 0.6931472,
  1, 2, 4,
]);

// @ts-expect-error: decorator
@inline
function constant(index: i32): v128 {
  return v128.load32_splat(CONSTANTS + (<usize>index << 2));
}

let minusCap: v128 = f32x4.splat(-1);
/** −2 log2 e / s in two parts. */
let factorHigh: v128 = f32x4.splat(0);
let factorLow: v128 = f32x4.splat(0);
let largest: v128 = f32x4.splat(1);
let largestSupported: v128 = f32x4.splat(1);
/** The value that is added where a logit is −∞. */
let masked: v128 = f32x4.splat(0);

/**
 * Sets s, and whether masked logits (−∞) stay as they are.
 *
 * @param maxLogit the largest logit whose slope is asked for, but for ∞.
 */
export function setSoftcap(softcap: f64, maxLogit: f32, keepsMasked: bool): void {
  const factor = MINUS_TWO_LOG2E / softcap;
  const high = <f32>factor;
  minusCap = f32x4.splat(-<f32>softcap);
  factorHigh = f32x4.splat(high);
  factorLow = f32x4.splat(<f32>(factor - high));
  largest = f32x4.splat(<f32>(LARGEST_RATIO * softcap));
  largestSupported = f32x4.splat(maxLogit);
  masked = f32x4.splat(keepsMasked ? -Infinity : 0);
}

/** Replaces x by s · tanh(x / s). */
export function softcap(x: usize, count: i32): void {
  capAll(false, x, 0, count);
}

/**
 * Replaces x by s · tanh(x / s), and writes its derivative to `slopes`.
 *
 * @returns whether a finite logit is larger than the largest. Its slope, and that of ∞, is 0.
 */
export function softcapSlopes(x: usize, slopes: usize, count: i32): bool {
  return capAll(true, x, slopes, count);
}

/** Multiplies gradients by slopes. 0 stays 0 beside every slope: that of a NaN in an ignored row is NaN. */
export function scaleBySlopes(gradient: usize, slopes: usize, count: i32): void {
  for (const end = gradient + (<usize>count << 2); gradient < end; gradient += 16, slopes += 16) {
    const g = v128.load(gradient);
    v128.store(gradient, v128.andnot(f32x4.mul(g, v128.load(slopes)), f32x4.eq(g, f32x4.splat(0))));
  }
}

/**
 * With e = exp(−2|x| / s), tanh is (1 − e) / (1 + e), where 1 − e does not cancel. Its derivative is
 * 4e / (1 + e)², or 0 where e is no normal number.
 *
 * The exponential is 2^y for y = n + f: with FMA, f has no error but that of the factor.
 */
// @ts-expect-error: decorator
@inline
function capAll(hasSlopes: bool, x: usize, slopes: usize, count: i32): bool {
  const magicBias = constant(0);
  const c6 = constant(1);
  const c5 = constant(2);
  const c4 = constant(3);
  const c3 = constant(4);
  const c2 = constant(5);
  const c1 = constant(6);
  const one = constant(7);
  const two = constant(8);
  const four = constant(9);
  let unsupported = i32x4.splat(0);
  for (const end = x + (<usize>count << 2); x < end; x += 16) {
    const element = v128.load(x);
    const abs = f32x4.abs(element);
    // pmin in this order keeps NaN.
    const bounded = f32x4.pmin(abs, largest);
    const biasedExponent = maddF32(bounded, factorHigh, magicBias);
    const minusN = f32x4.sub(magicBias, biasedExponent);
    const f = maddF32(bounded, factorLow, maddF32(bounded, factorHigh, minusN));
    const q = maddF32(maddF32(maddF32(maddF32(maddF32(c6, f, c5), f, c4), f, c3), f, c2), f, c1);
    const p = f32x4.mul(q, f);
    const power = i32x4.shl(biasedExponent, 23);
    const expm1 = maddF32(power, p, f32x4.sub(power, one));
    const sum = f32x4.add(expm1, two);
    const inverse = f32x4.div(one, sum);
    const tanh = f32x4.mul(expm1, inverse);
    if (hasSlopes) {
      const isLarge = f32x4.gt(abs, largestSupported);
      if (v128.any_true(isLarge)) {
        unsupported = v128.or(unsupported, v128.and(isLarge, f32x4.lt(abs, f32x4.splat(Infinity))));
      }
      const e = maddF32(power, p, power);
      const slope = f32x4.mul(f32x4.mul(f32x4.mul(four, e), inverse), inverse);
      v128.store(slopes, v128.andnot(slope, isLarge));
      slopes += 16;
    }
    const capped = v128.or(f32x4.mul(minusCap, tanh), v128.xor(element, abs));
    v128.store(x, f32x4.add(capped, v128.and(masked, f32x4.eq(element, f32x4.splat(-Infinity)))));
  }
  return v128.any_true(unsupported);
}
