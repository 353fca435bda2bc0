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
  inverseCap = f32x4.splat(<f32>(1 / softcap));
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
  for (const end = x + (<usize>count << 2); x < end; x += 16) {
    const element = v128.load(x);
    const isSmall = f32x4.le(f32x4.abs(element), cap);
    const u = f32x4.mul(element, inverse);
    const v = f32x4.mul(u, u);
    const q = maddF32(maddF32(maddF32(maddF32(maddF32(maddF32(c6, v, c5), v, c4), v, c3), v, c2), v, c1), v, c0);
    const capped = maddF32(f32x4.mul(element, v), q, element);
    if (hasSlopes) {
      const tanh = f32x4.mul(capped, inverse);
      v128.store(slopes, f32x4.sub(one, f32x4.mul(tanh, tanh)));
    }
    v128.store(x, capped);
    if (!i32x4.all_true(isSmall)) unsupported = v128.or(unsupported, capLarge(hasSlopes, element, isSmall, x, slopes));
    if (hasSlopes) slopes += 16;
  }
  return v128.any_true(unsupported);
}

/**
 * Writes the capped logits and slopes of the elements that are not small, and leaves the results of the others. With
 * e = exp(−2|x| / s), tanh is (1 − e) / (1 + e), where 1 − e does not cancel. Its derivative is 4e / (1 + e)², or 0
 * where e is no normal number.
 *
 * The exponential is 2^y for y = n + f: with FMA, f has no error but that of the factor.
 *
 * @returns where a finite logit is larger than the largest, if there are slopes.
 */
function capLarge(hasSlopes: bool, element: v128, isSmall: v128, x: usize, slopes: usize): v128 {
  const magicBias = constant(0);
  const one = constant(7);
  const abs = f32x4.abs(element);
  // pmin in this order keeps NaN.
  const bounded = f32x4.pmin(abs, largest);
  const biasedExponent = maddF32(bounded, factorHigh, magicBias);
  const minusN = f32x4.sub(magicBias, biasedExponent);
  const f = maddF32(bounded, factorLow, maddF32(bounded, factorHigh, minusN));
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
