// V8 builds a constant vector anew in every turn of a loop, but keeps one that was loaded before it.
// Kernels load these into locals first: 2.5 to 4 times faster.

/** What exponentials are made with; `temper` writes the same for another temperature. */
export const PLAIN: usize = memory.data<f32>([
  1.44269502, // log2 e
  -0.693145751953125, // −ln 2, 15 bits
  -1.428606765330187e-6, // its rest
  // exp(t) = 1 + t + t² · (c2 + c3 t + c4 t² + c5 t³ + c6 t⁴), from c6 down
  0.0013813814148306847, 0.008369147777557373, 0.041667640209198, 0.16666527092456818, 0.5000000596046448,
  1, // the temperature
  1, // its inverse
  -48, // what is added to the maximum's exponent, see `OFFSET`
]);

// The places in that.
export const LOG2E: i32 = 0;
export const HIGH: i32 = 1;
export const REST: i32 = 2;
export const C6: i32 = 3;
export const C2: i32 = 7;
export const TEMPERATURE: i32 = 8;
export const INVERSE: i32 = 9;
export const EXPONENT: i32 = 10;
/** Of PLAIN alone. */
export const ONE: i32 = TEMPERATURE;

/**
 * How far above 1 the maximum's exponential is put, as a power of 2: as far more are the others not
 * too small for a float. Where one class dominates, they are all that counts.
 */
export const OFFSET: i32 = 48;

const DOUBLES: usize = memory.data<f64>([
  0.6931471805599453, // ln 2
  // exp(t), from 1 up
  0.999999999961529, 1.0000000002440694, 0.5000000104848193, 0.1666666512150873,
  0.04166622454592082, 0.008333561546331832, 0.0013948242516149672, 0.0001977510554814258,
  1,
]);

/** Of logarithms only: who needs none does not load them. */
// @ts-expect-error: decorator
@lazy
const LOGARITHM: usize = memory.data<f64>([
  1.1125369292536007e-308, // whose bits are half of an exponent's last
  4503599627370496, // 2⁵²: a small whole number behind its bits is a double
  // 2/3, 2/5, … of atanh's series
  0.6666666666666666, 0.4, 0.2857142857142857, 0.2222222222222222, 0.18181818181818182, 0.15384615384615385,
]);

/** A constant of PLAIN, or of its like. */
// @ts-expect-error: decorator
@inline
export function scalar(i: i32, constants: usize): f32 {
  return load<f32>(constants + (<usize>i << 2));
}

/** The same, four times. */
// @ts-expect-error: decorator
@inline
export function float(i: i32, constants: usize = PLAIN): v128 {
  return v128.load32_splat(constants + (<usize>i << 2));
}

/** A constant of DOUBLES, twice. */
// @ts-expect-error: decorator
@inline
export function double(i: i32): v128 {
  return v128.load64_splat(DOUBLES + (<usize>i << 3));
}

/** A constant of LOGARITHM, twice. */
// @ts-expect-error: decorator
@inline
export function ofLogarithm(i: i32): v128 {
  return v128.load64_splat(LOGARITHM + (<usize>i << 3));
}
