// Constants of the divergences of distributions. Both modules that use them write the same numbers to the
// same region.

/** They are loaded, because V8 rebuilds a constant vector in every iteration of a loop. */
const DIVERGENCE_CONSTANTS: usize = memory.data<f64>([
  1.4426950408889634, // log2 e
  6755399441056767, // 1.5 · 2⁵² + 1023: adding it rounds to an integer, and adds the exponent's bias of 1023
  // −ln 2 in two parts: products of the first, which has 33 bits, with whole numbers are exact.
  -0.6931471803691238, -1.9082149292705877e-10,
  -708, // exp is 0 below, where it is less than 4e-308
  0.5, 0.25, 3,
  // exp(t) = 1 + t + t² · (e0 + e1 t + … + e8 t⁸) for |t| ≤ ln 2 / 2, with an error of 9e-16
  0.5, 0.1666666666664829, 0.04166666666665136, 0.008333333353729397, 0.0013888888905881542,
  0.00019841208732536384, 2.4801536388690766e-05, 2.762511557828763e-06, 2.761380686153829e-07,
  // 2 atanh(s) = 2 s · (1 + z · (a0 + a1 z + … + a5 z⁵)) for z = s² ≤ 1/9, with a relative error of 1e-11
  0.33333333325011805, 0.2000000538497483, 0.1428515286094183, 0.11132355604500663, 0.08732351232720387,
  0.10393808427873376,
  // (1 + a) log(1 + a) + (1 − a) log(1 − a) = z + z² · (h0 + … + h3 z³) for z = a² ≤ 1/16, with a relative error of 1e-10
  0.1666666646853907, 0.06666767963689679, 0.035633870402282046, 0.024241193982121264,
]);

/** Constants in float32: s0 to s7 of exp(t) = 1 + t + t² · (s0 + s1 t + … + s7 t⁷) for |t| ≤ 1, to 0.3 units of 2⁻²⁴. */
const FLOAT_CONSTANTS: usize = memory.data<f32>([
  0.5, 0.1666666716337204, 0.04166673496365547, 0.008333339355885983, 0.001388539676554501, 0.00019838102161884308,
  2.535851308493875e-05, 2.806280235745362e-06,
]);

// Indices into DIVERGENCE_CONSTANTS.
export const LOG2E: i32 = 0;
export const MAGIC_BIAS: i32 = 1;
export const MINUS_LN2_HIGH: i32 = 2;
export const MINUS_LN2_LOW: i32 = 3;
export const LOWEST: i32 = 4;
export const HALF: i32 = 5;
export const QUARTER: i32 = 6;
export const THREE: i32 = 7;
/** The first coefficients of the series. The further ones follow. */
export const E0: i32 = 8;
export const A0: i32 = 17;
export const H0: i32 = 23;
// The same in FLOAT_CONSTANTS.
export const S0: i32 = 0;

/** Returns a constant of DIVERGENCE_CONSTANTS in both lanes. */
// @ts-expect-error: decorator
@inline
export function constant(index: i32): v128 {
  return v128.load64_splat(DIVERGENCE_CONSTANTS + (<usize>index << 3));
}

/** Returns a constant of FLOAT_CONSTANTS in all four lanes. */
// @ts-expect-error: decorator
@inline
export function floatConstant(index: i32): v128 {
  return v128.load32_splat(FLOAT_CONSTANTS + (<usize>index << 2));
}
