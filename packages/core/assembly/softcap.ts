// The softcap s · tanh(x / s), which keeps logits between −s and s, and its derivative, the slope.
//
// `x`, `slopes` and `gradient` are addresses. `count` is a multiple of eight.
import { maddF32 } from "./arithmetic";

/** Above this quotient |x| / s, the exponential is no normal float. */
const LARGEST_RATIO: f64 = 43.5;
const MINUS_TWO_LOG2E: f64 = -2.8853900817779268;
/** The bits of a float without the lower half of its mantissa. */
const HIGH_BITS: u32 = 0xfffff000;

/** Float32 constants. They are loaded, because V8 rebuilds a constant vector in every iteration of a loop. */
const CONSTANTS: usize = memory.data<f32>([
  12583039, // 1.5 · 2²³ + 127. Adding it rounds to an integer, and adds the exponent's bias of 127.
  // 2^f − 1 = f · (c1 + c2 f + … + c6 f⁵) for |f| ≤ ½, from c6 down to c1
  0.00015320805, 0.0013390863, 0.009618272, 0.05550364, 0.24022654, 0.6931472,
  1, 2, 4,
  // tanh(u) = u + u · v · (c0 + c1 v + … + c6 v⁶) for v = u² ≤ 1, from c6 down to c0
  -0.000358450022758916, 0.002301357686519623, -0.007946096360683441, 0.02148665115237236, -0.05387980118393898,
  0.13332344591617584, -0.33333295583724976,
]);

// @ts-expect-error: decorator
@inline
function constant(index: i32): v128 {
  return v128.load32_splat(CONSTANTS + (<usize>index << 2));
}

let minusCap: v128 = f32x4.splat(-1);
/** 1 / s. */
let inverseCap: v128 = f32x4.splat(1);
/** −2 log2 e / s in two parts. The high one has 12 bits. */
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
export function setSoftcap(softcap: f64, maxLogit: f32, skipMasked: bool): void {
  const factor = MINUS_TWO_LOG2E / softcap;
  const high = reinterpret<f32>(reinterpret<u32>(<f32>factor) & HIGH_BITS);
  minusCap = f32x4.splat(-<f32>softcap);
  inverseCap = f32x4.splat(<f32>(1 / softcap));
  factorHigh = f32x4.splat(high);
  factorLow = f32x4.splat(<f32>(factor - <f64>high));
  largest = f32x4.splat(<f32>(LARGEST_RATIO * softcap));
  largestSupported = f32x4.splat(maxLogit);
  masked = f32x4.splat(skipMasked ? -Infinity : 0);
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
  for (const end = gradient + (<usize>count << 2); gradient < end; gradient += 32, slopes += 32) {
    const a = v128.load(gradient);
    const b = v128.load(gradient, 16);
    v128.store(gradient, timesSlope(a, v128.load(slopes)));
    v128.store(gradient, timesSlope(b, v128.load(slopes, 16)), 16);
  }
}

// @ts-expect-error: decorator
@inline
function timesSlope(gradient: v128, slope: v128): v128 {
  return v128.andnot(f32x4.mul(gradient, slope), f32x4.eq(gradient, f32x4.splat(0)));
}

/**
 * Caps the logits up to s, which nearly all are in practice, by a polynomial, and others by an exponential, which takes
 * twice the time.
 */
// @ts-expect-error: decorator
@inline
function capAll(hasSlopes: bool, x: usize, slopes: usize, count: i32): bool {
  // Locals, because V8 loads a global in every iteration of a loop.
  const inverse = inverseCap;
  const cap = f32x4.neg(minusCap);
  const c6 = constant(10);
  const c5 = constant(11);
  const c4 = constant(12);
  const c3 = constant(13);
  const c2 = constant(14);
  const c1 = constant(15);
  const c0 = constant(16);
  const one = constant(7);
  let unsupported = i32x4.splat(0);
  // Two vectors at a time, because the test whether all logits are small takes as long as a third of a polynomial.
  for (const end = x + (<usize>count << 2); x < end; x += 32) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    const cappedA = capSmall(a, inverse, c6, c5, c4, c3, c2, c1, c0);
    const cappedB = capSmall(b, inverse, c6, c5, c4, c3, c2, c1, c0);
    v128.store(x, cappedA);
    v128.store(x, cappedB, 16);
    if (hasSlopes) {
      v128.store(slopes, slopeAt(cappedA, inverse, one));
      v128.store(slopes, slopeAt(cappedB, inverse, one), 16);
    }
    if (v128.any_true(v128.or(f32x4.gt(f32x4.abs(a), cap), f32x4.gt(f32x4.abs(b), cap)))) {
      unsupported = v128.or(unsupported, capLarge(hasSlopes, a, x, slopes));
      unsupported = v128.or(unsupported, capLarge(hasSlopes, b, x + 16, slopes + 16));
    }
    if (hasSlopes) slopes += 32;
  }
  return v128.any_true(unsupported);
}

/** Returns s · tanh(x / s) for |x| ≤ s. */
// @ts-expect-error: decorator
@inline
function capSmall(
  x: v128, inverse: v128, c6: v128, c5: v128, c4: v128, c3: v128, c2: v128, c1: v128, c0: v128,
): v128 {
  const u = f32x4.mul(x, inverse);
  const v = f32x4.mul(u, u);
  const q = maddF32(maddF32(maddF32(maddF32(maddF32(maddF32(c6, v, c5), v, c4), v, c3), v, c2), v, c1), v, c0);
  return maddF32(f32x4.mul(x, v), q, x);
}

/** Returns the derivative of s · tanh(x / s) where that is `capped`: 1 − tanh². */
// @ts-expect-error: decorator
@inline
function slopeAt(capped: v128, inverse: v128, one: v128): v128 {
  const tanh = f32x4.mul(capped, inverse);
  return f32x4.sub(one, f32x4.mul(tanh, tanh));
}

/** Returns x · factorHigh + minusN without an error, where the sum is small. Without FMA, x has two halves. */
// @ts-expect-error: decorator
@inline
function timesHighMinus(x: v128, minusN: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return maddF32(x, factorHigh, minusN);
  const high = v128.and(x, i32x4.splat(HIGH_BITS));
  return f32x4.add(f32x4.mul(f32x4.sub(x, high), factorHigh), f32x4.add(f32x4.mul(high, factorHigh), minusN));
}

/**
 * Writes the capped logits and slopes of the elements that are not small, and leaves the results of the others. With
 * e = exp(−2|x| / s), tanh is (1 − e) / (1 + e), where 1 − e does not cancel. Its derivative is 4e / (1 + e)², or 0
 * where e is no normal number.
 *
 * The exponential is 2^y for y = n + f.
 *
 * @returns where a finite logit is larger than the largest, if there are slopes.
 */
function capLarge(hasSlopes: bool, element: v128, x: usize, slopes: usize): v128 {
  const magicBias = constant(0);
  const one = constant(7);
  const abs = f32x4.abs(element);
  const isSmall = f32x4.le(abs, f32x4.neg(minusCap));
  // pmin in this order keeps NaN.
  const bounded = f32x4.pmin(abs, largest);
  const biasedExponent = maddF32(bounded, factorHigh, magicBias);
  const minusN = f32x4.sub(magicBias, biasedExponent);
  const f = maddF32(bounded, factorLow, timesHighMinus(bounded, minusN));
  let q = maddF32(constant(1), f, constant(2));
  for (let i = 3; i <= 6; i++) q = maddF32(q, f, constant(i));
  const p = f32x4.mul(q, f);
  const power = i32x4.shl(biasedExponent, 23);
  const expm1 = maddF32(power, p, f32x4.sub(power, one));
  const inverse = f32x4.div(one, f32x4.add(expm1, constant(8)));
  const tanh = f32x4.mul(expm1, inverse);
  const capped = v128.or(f32x4.mul(minusCap, tanh), v128.xor(element, abs));
  const kept = f32x4.add(capped, v128.and(masked, f32x4.eq(element, f32x4.splat(-Infinity))));
  v128.store(x, v128.bitselect(v128.load(x), kept, isSmall));
  if (!hasSlopes) return f32x4.splat(0);
  const e = maddF32(power, p, power);
  const slope = f32x4.mul(f32x4.mul(f32x4.mul(constant(9), e), inverse), inverse);
  const isLarge = f32x4.gt(abs, largestSupported);
  v128.store(slopes, v128.bitselect(v128.load(slopes), v128.andnot(slope, isLarge), isSmall));
  return v128.and(isLarge, f32x4.lt(abs, f32x4.splat(Infinity)));
}
