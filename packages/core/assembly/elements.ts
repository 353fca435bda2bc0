// Elementary functions of blocks of float32.
//
// `x`, `out` and further arrays are addresses. `count` is a multiple of four. An output may equal an input.
import {
  expm1Vector, expMinusAbs, expVector, log1pVector, logAddExpVector, logVector, sigmoidOfExp,
  softplusOfExp, tanhVector,
} from "./elementsVector";

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
