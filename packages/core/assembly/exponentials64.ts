// exp and 1 − exp of doubles, without cancellation.
import { maddF64 } from "./arithmetic";

/** Float64 constants. They are loaded, because V8 rebuilds a constant vector in every iteration of a loop. */
const CONSTANTS: usize = memory.data<f64>([
  6755399441056767, // 1.5 · 2⁵² + 1023. Adding it rounds to an integer, and adds the exponent's bias of 1023.
  1.4426950408889634, // log2 e
  // −ln 2 in two parts: products of the high one, which has 33 bits, with whole numbers are exact.
  -0.6931471803691238, -1.9082149292705877e-10,
  -708, // Below this, where exp(x) is less than 4e-308, it is 0 here.
  1,
  // The coefficients of t², t³, … t¹⁴: 1 / 2!, 1 / 3!, … 1 / 14!
  0.5, 0.16666666666666666, 0.041666666666666664, 0.008333333333333333, 0.001388888888888889, 0.0001984126984126984,
  0.0000248015873015873, 0.0000027557319223985893, 2.755731922398589e-7, 2.505210838544172e-8, 2.08767569878681e-9,
  1.6059043836821613e-10, 1.1470745597729725e-11,
]);

// Indices into CONSTANTS. The coefficient of tᵏ is Ck.
const MAGIC_BIAS: i32 = 0;
const LOG2E: i32 = 1;
const MINUS_LN2_HI: i32 = 2;
const MINUS_LN2_LO: i32 = 3;
const LOWEST: i32 = 4;
const ONE: i32 = 5;
const C2: i32 = 6;
const C3: i32 = 7;
const C4: i32 = 8;
const C5: i32 = 9;
const C6: i32 = 10;
const C7: i32 = 11;
const C8: i32 = 12;
const C9: i32 = 13;
const C10: i32 = 14;
const C11: i32 = 15;
const C12: i32 = 16;
const C13: i32 = 17;
const C14: i32 = 18;

/** Returns a constant of CONSTANTS in both lanes. */
// @ts-expect-error: decorator
@inline
function constant(index: i32): v128 {
  return v128.load64_splat(CONSTANTS + (<usize>index << 3));
}

/**
 * Writes exp(−q · x) and 1 − exp(−q · x) of `count` doubles of at least 0, for a positive q. NaN stays NaN. `count` is
 * rounded up to a pair. An output may equal the input.
 */
export function expOfNegative(x: usize, q: f64, exp: usize, complement: usize, count: i32): void {
  const minusQ = f64x2.splat(-q);
  const magicBias = constant(MAGIC_BIAS);
  const log2e = constant(LOG2E);
  const minusLn2High = constant(MINUS_LN2_HI);
  const minusLn2Low = constant(MINUS_LN2_LO);
  const lowest = constant(LOWEST);
  const one = constant(ONE);
  for (const end = x + (<usize>count << 3); x < end; x += 16, exp += 16, complement += 16) {
    const element = f64x2.mul(v128.load(x), minusQ);
    // pmax in this order keeps NaN.
    const clamped = f64x2.pmax(element, lowest);
    const biasedExponent = maddF64(clamped, log2e, magicBias);
    const n = f64x2.sub(biasedExponent, magicBias);
    const t = maddF64(n, minusLn2Low, maddF64(n, minusLn2High, clamped));
    // exp(t) − 1 for |t| ≤ ln 2 / 2 by its Taylor series, whose first omitted term is 3e-19 · t. Terms are added in pairs
    // (Estrin's scheme), because a chain of dependent operations takes a third longer.
    const t2 = f64x2.mul(t, t);
    const t4 = f64x2.mul(t2, t2);
    const low = maddF64(maddF64(constant(C5), t, constant(C4)), t2, maddF64(constant(C3), t, constant(C2)));
    const middle = maddF64(maddF64(constant(C9), t, constant(C8)), t2, maddF64(constant(C7), t, constant(C6)));
    const high = maddF64(maddF64(constant(C13), t, constant(C12)), t2, maddF64(constant(C11), t, constant(C10)));
    const upper = maddF64(maddF64(constant(C14), t4, high), t4, middle);
    const expm1 = maddF64(maddF64(upper, t4, low), t2, t);
    const power = i64x2.shl(biasedExponent, 52);
    const rest = f64x2.mul(power, expm1);
    v128.store(exp, v128.andnot(f64x2.add(power, rest), f64x2.lt(element, lowest)));
    v128.store(complement, f64x2.sub(f64x2.sub(one, power), rest));
  }
}
