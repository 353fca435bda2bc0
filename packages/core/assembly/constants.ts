// Constants in linear memory. V8 rebuilds a constant vector in every iteration of a loop but keeps one
// that was loaded before the loop: kernels that load these into locals first are 2.5 to 4 times faster.
//
// A term is the exponential that kernels store and sum: exp(x − max) · 2^TERM_SCALE_LOG2.

/** Float32 constants of the exponential at temperature 1. `setTemperature` writes the same table for another. */
export const UNIT_CONSTANTS: usize = memory.data<f32>([
  1.44269502, // log2 e
  -0.693145751953125, // the upper 15 bits of −ln 2
  -1.428606765330187e-6, // −ln 2 less its upper bits
  // exp(t) = 1 + t + t² · (c2 + c3 t + c4 t² + c5 t³ + c6 t⁴), from c6 down to c2
  0.0013813814148306847, 0.008369147777557373, 0.041667640209198, 0.16666527092456818, 0.5000000596046448,
  1, // the temperature
  1, // 1 / temperature
  -48, // EXPONENT_SHIFT
  0.5,
]);

// Indices into UNIT_CONSTANTS and SCALED_CONSTANTS.
export const LOG2E: i32 = 0;
export const MINUS_LN2_HI: i32 = 1;
export const MINUS_LN2_LO: i32 = 2;
export const C6: i32 = 3;
export const C5: i32 = 4;
export const C4: i32 = 5;
export const C3: i32 = 6;
export const C2: i32 = 7;
export const TEMPERATURE: i32 = 8;
export const INVERSE_TEMPERATURE: i32 = 9;
/** The exponent of the temperature less TERM_SCALE_LOG2. It is added to the exponent of the row's maximum. */
export const EXPONENT_SHIFT: i32 = 10;
/** An index into UNIT_CONSTANTS alone, where the temperature is 1. */
export const ONE: i32 = TEMPERATURE;
/** An index into UNIT_CONSTANTS alone. */
export const HALF: i32 = 11;

/**
 * The base-2 logarithm of a maximum's own term. The range of float32 below the maximum's term is wider
 * by this factor. Where one class dominates, those small terms are the loss.
 */
export const TERM_SCALE_LOG2: i32 = 48;

const F64_CONSTANTS: usize = memory.data<f64>([
  0.6931471805599453, // ln 2
  // exp(t) = c0 + c1 t + … + c7 t⁷, from c0 up to c7
  0.999999999961529, 1.0000000002440694, 0.5000000104848193, 0.1666666512150873,
  0.04166622454592082, 0.008333561546331832, 0.0013948242516149672, 0.0001977510554814258,
  1,
]);

// Indices into F64_CONSTANTS.
export const F64_LN2: i32 = 0;
export const F64_EXP_C0: i32 = 1;
export const F64_EXP_C1: i32 = 2;
export const F64_EXP_C2: i32 = 3;
export const F64_EXP_C3: i32 = 4;
export const F64_EXP_C4: i32 = 5;
export const F64_EXP_C5: i32 = 6;
export const F64_EXP_C6: i32 = 7;
export const F64_EXP_C7: i32 = 8;
export const F64_ONE: i32 = 9;

/** Float64 constants of the logarithm. They are lazy: a module without logarithms does not contain them. */
// @ts-expect-error: decorator
@lazy
const LOG_CONSTANTS: usize = memory.data<f64>([
  1.1125369292536007e-308, // the double with the bits 2^51: half of an exponent's lowest bit
  4503599627370496, // 2^52: OR with an integer below 2^52 gives the double 2^52 + integer
  // 2 atanh(q) = 2 q + c3 q³ + c5 q⁵ + …: 2/3, 2/5, …
  0.6666666666666666, 0.4, 0.2857142857142857, 0.2222222222222222, 0.18181818181818182, 0.15384615384615385,
]);

// Indices into LOG_CONSTANTS.
export const LOG_HALF_EXPONENT: i32 = 0;
export const LOG_MAGIC_BIAS: i32 = 1;
export const LOG_ATANH_C3: i32 = 2;
export const LOG_ATANH_C5: i32 = 3;
export const LOG_ATANH_C7: i32 = 4;
export const LOG_ATANH_C9: i32 = 5;
export const LOG_ATANH_C11: i32 = 6;
export const LOG_ATANH_C13: i32 = 7;

/** Returns a float32 constant of the table at `constants`. */
// @ts-expect-error: decorator
@inline
export function loadConstant(index: i32, constants: usize): f32 {
  return load<f32>(constants + (<usize>index << 2));
}

/** Returns a float32 constant of the table at `constants` in all four lanes. */
// @ts-expect-error: decorator
@inline
export function splatConstant(index: i32, constants: usize = UNIT_CONSTANTS): v128 {
  return v128.load32_splat(constants + (<usize>index << 2));
}

/** Returns a constant of F64_CONSTANTS in both lanes. */
// @ts-expect-error: decorator
@inline
export function splatF64Constant(index: i32): v128 {
  return v128.load64_splat(F64_CONSTANTS + (<usize>index << 3));
}

/** Returns a constant of LOG_CONSTANTS in both lanes. */
// @ts-expect-error: decorator
@inline
export function splatLogConstant(index: i32): v128 {
  return v128.load64_splat(LOG_CONSTANTS + (<usize>index << 3));
}
