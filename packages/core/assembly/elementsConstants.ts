// Constants of the element kernels. All modules that use them write the same numbers to the same region.

/** Float32 constants. They are loaded, because V8 rebuilds a constant vector in every iteration of a loop. */
const ELEMENT_CONSTANTS: usize = memory.data<f32>([
  // The reduction of an exponential: log2 e, and −ln 2 in two parts. The first has 15 bits.
  1.44269502, -0.693145751953125, -1.428606765330187e-6,
  12583039, // 1.5 · 2²³ + 127. Adding it rounds to an integer, and adds the exponent's bias of 127.
  // exp(t) − 1 = t + t² · (e0 + e1 t + … + e4 t⁴) for |t| ≤ ln 2 / 2
  0.5000000596046448, 0.16666527092456818, 0.041667640209198, 0.008369147777557373, 0.0013813814148306847,
  // 2 atanh(s) = 2 s + s z · (l0 + l1 z + l2 z² + l3 z³) for z = s² ≤ 1/9
  0.6666641235351562, 0.4002173840999603, 0.2799859642982483, 0.2802674174308777,
  0.693145751953125, 1.428606765330187e-6, // ln 2 in two parts
  0.5, 1, 2,
  -104, 89, // exp is 0 and ∞ beyond
  -19, // expm1 is −1 beyond
  1.1754943508222875e-38, 8388608, 23, // the smallest normal float, 2²³, and its logarithm
  2.9802322387695312e-8, // 2⁻²⁵: expm1 and log1p of smaller numbers are these numbers
  4,
  0.7071067690849304, // √½
  Infinity,
  3.4028234663852886e38, -3.4028234663852886e38, // the finite floats are between these
]);

// Indices into ELEMENT_CONSTANTS.
export const LOG2E: i32 = 0;
export const MINUS_LN2_HI: i32 = 1;
export const MINUS_LN2_LO: i32 = 2;
export const MAGIC_BIAS: i32 = 3;
export const E0: i32 = 4;
export const E1: i32 = 5;
export const E2: i32 = 6;
export const E3: i32 = 7;
export const E4: i32 = 8;
export const L0: i32 = 9;
export const L1: i32 = 10;
export const L2: i32 = 11;
export const L3: i32 = 12;
export const LN2_HI: i32 = 13;
export const LN2_LO: i32 = 14;
export const HALF: i32 = 15;
export const ONE: i32 = 16;
export const TWO: i32 = 17;
export const LOWEST_EXP: i32 = 18;
export const HIGHEST_EXP: i32 = 19;
export const LOWEST_EXPM1: i32 = 20;
export const SMALLEST_NORMAL: i32 = 21;
export const SUBNORMAL_SCALE: i32 = 22;
export const SUBNORMAL_SCALE_LOG2: i32 = 23;
export const TINY: i32 = 24;
export const FOUR: i32 = 25;
export const SQRT_HALF: i32 = 26;
export const INFINITY: i32 = 27;
export const LARGEST: i32 = 28;
export const LOWEST: i32 = 29;

/** Returns a constant of ELEMENT_CONSTANTS in all four lanes. */
// @ts-expect-error: decorator
@inline
export function splatElementConstant(index: i32): v128 {
  return v128.load32_splat(ELEMENT_CONSTANTS + (<usize>index << 2));
}
