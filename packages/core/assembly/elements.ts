// Elementary functions of blocks of float32, and two losses.
//
// `x`, `out` and further arrays are addresses. `count` is a multiple of four. An output may equal an input.
import { maddF32, promoteHigh, sumLanes } from "./arithmetic";
import { ONE, splatElementConstant } from "./elementsConstants";
import {
  expm1Vector, expMinusAbs, expVector, log1pOfExp, log1pVector, logAddExpVector, logVector, sigmoidOfExp,
  softplusOfExp, tanhVector,
} from "./elementsVector";

export { multiply, setSoftcap, softcap, softcapSlopes } from "./softcap";

/** Writes exp(x). */
export function exp(x: usize, out: usize, count: i32): void {
  for (const end = x + (<usize>count << 2); x < end; x += 16, out += 16) v128.store(out, expVector(v128.load(x)));
}

/** Writes exp(x) − 1. */
export function expm1(x: usize, out: usize, count: i32): void {
  for (const end = x + (<usize>count << 2); x < end; x += 16, out += 16) v128.store(out, expm1Vector(v128.load(x)));
}

/** Writes log(x). */
export function log(x: usize, out: usize, count: i32): void {
  for (const end = x + (<usize>count << 2); x < end; x += 16, out += 16) v128.store(out, logVector(v128.load(x)));
}

/** Writes log(1 + x). */
export function log1p(x: usize, out: usize, count: i32): void {
  for (const end = x + (<usize>count << 2); x < end; x += 16, out += 16) v128.store(out, log1pVector(v128.load(x)));
}

/** Writes tanh(x). */
export function tanh(x: usize, out: usize, count: i32): void {
  for (const end = x + (<usize>count << 2); x < end; x += 16, out += 16) v128.store(out, tanhVector(v128.load(x)));
}

/** Writes sigmoid(x) = 1 / (1 + exp(−x)). */
export function sigmoid(x: usize, out: usize, count: i32): void {
  for (const end = x + (<usize>count << 2); x < end; x += 16, out += 16) {
    const element = v128.load(x);
    v128.store(out, sigmoidOfExp(element, expMinusAbs(element)));
  }
}

/** Writes softplus(x) = log(1 + exp(x)). */
export function softplus(x: usize, out: usize, count: i32): void {
  for (const end = x + (<usize>count << 2); x < end; x += 16, out += 16) {
    const element = v128.load(x);
    v128.store(out, softplusOfExp(element, expMinusAbs(element)));
  }
}

/** Writes softplus(x) and sigmoid(x), which share their exponential. */
export function softplusSigmoid(x: usize, softplus: usize, sigmoid: usize, count: i32): void {
  for (const end = x + (<usize>count << 2); x < end; x += 16, softplus += 16, sigmoid += 16) {
    const element = v128.load(x);
    const e = expMinusAbs(element);
    v128.store(softplus, softplusOfExp(element, e));
    v128.store(sigmoid, sigmoidOfExp(element, e));
  }
}

/** Writes −softplus(−x), the logarithm of sigmoid(x). */
export function logSigmoid(x: usize, out: usize, count: i32): void {
  for (const end = x + (<usize>count << 2); x < end; x += 16, out += 16) {
    const element = f32x4.neg(v128.load(x));
    // The subtraction gives +0, where the negation would give −0.
    v128.store(out, f32x4.sub(f32x4.splat(0), softplusOfExp(element, expMinusAbs(element))));
  }
}

/** Writes log(exp(a) + exp(b)). */
export function logAddExp(a: usize, b: usize, out: usize, count: i32): void {
  for (const end = a + (<usize>count << 2); a < end; a += 16, b += 16, out += 16) {
    v128.store(out, logAddExpVector(v128.load(a), v128.load(b)));
  }
}

/** Writes (x − y)², and 2 (x − y) to `gradient` unless that is 0. */
export function squaredDifference(x: usize, y: usize, out: usize, gradient: usize, count: i32): void {
  const hasGradient = gradient != 0;
  for (const end = x + (<usize>count << 2); x < end; x += 16, y += 16, out += 16) {
    const difference = f32x4.sub(v128.load(x), v128.load(y));
    v128.store(out, f32x4.mul(difference, difference));
    if (hasGradient) {
      v128.store(gradient, f32x4.add(difference, difference));
      gradient += 16;
    }
  }
}

/**
 * Writes the binary cross-entropy of the logit x and the probability y, y · softplus(−x) + (1 − y) · softplus(x),
 * and sigmoid(x) − y to `gradient` unless that is 0.
 *
 * e is exp(−|x|), and w is the probability of the class that the sign of x speaks against. The loss is
 * |x| · w + log(1 + e). The gradient is w − e / (1 + e) with the sign of x. Neither cancels for a certain y.
 */
export function binaryCrossEntropy(x: usize, y: usize, out: usize, gradient: usize, count: i32): void {
  const hasGradient = gradient != 0;
  for (const end = x + (<usize>count << 2); x < end; x += 16, y += 16, out += 16) {
    const logit = v128.load(x);
    const probability = v128.load(y);
    const e = expMinusAbs(logit);
    const complement = f32x4.sub(splatElementConstant(ONE), probability);
    const w = v128.bitselect(probability, complement, i32x4.shr_s(logit, 31));
    const abs = f32x4.abs(logit);
    // A probability of 0 contributes nothing, also where its loss is infinite.
    const product = v128.andnot(f32x4.mul(abs, w), f32x4.eq(w, f32x4.splat(0)));
    v128.store(out, f32x4.add(product, log1pOfExp(e)));
    if (hasGradient) {
      const difference = f32x4.sub(w, f32x4.div(e, f32x4.add(splatElementConstant(ONE), e)));
      v128.store(gradient, v128.xor(difference, v128.xor(logit, abs)));
      gradient += 16;
    }
  }
}

/** Returns the sum of floats, in float64. */
export function sum(x: usize, count: i32): f64 {
  let a = f64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  const end = x + (<usize>count << 2);
  for (const pairsEnd = x + (<usize>(count & ~7) << 2); x < pairsEnd; x += 32) {
    const first = v128.load(x);
    const second = v128.load(x, 16);
    a = f64x2.add(a, f64x2.promote_low_f32x4(first));
    b = f64x2.add(b, promoteHigh(first));
    c = f64x2.add(c, f64x2.promote_low_f32x4(second));
    d = f64x2.add(d, promoteHigh(second));
  }
  if (x < end) {
    const last = v128.load(x);
    a = f64x2.add(a, f64x2.promote_low_f32x4(last));
    b = f64x2.add(b, promoteHigh(last));
  }
  return sumLanes(f64x2.add(f64x2.add(a, b), f64x2.add(c, d)));
}

/**
 * Multiplies floats by a double, given as the sum of two floats. With FMA the product is rounded once, as the
 * part of `low` is far below an ulp.
 */
export function scale(x: usize, high: f32, low: f32, count: i32): void {
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  for (const end = x + (<usize>count << 2); x < end; x += 16) {
    const element = v128.load(x);
    v128.store(x, maddF32(element, highs, f32x4.mul(element, lows)));
  }
}
