// exp(x / T) without rounding x / T, which would cost an ulp of the result per unit of |x / T|. The reduction
// subtracts multiples of T · ln 2 from x, and each coefficient of the polynomial contains a power of 1 / T.
// The result is T · exp(x / T) / 2^e with e the exponent of T. Only ratios of such results are used.
import { expF64, LN2 } from "./arithmetic";
import {
  C2, C6, EXPONENT_SHIFT, F64_LN2, INVERSE_TEMPERATURE, loadConstant, LOG2E, MINUS_LN2_HI, MINUS_LN2_LO,
  splatF64Constant, TEMPERATURE, TERM_SCALE_LOG2, UNIT_CONSTANTS,
} from "./constants";
import { SCALED_CONSTANTS } from "./memory";
import { isCrossEntropy } from "./operation";

/** The address of the constants in use. */
let constants: usize;
let temperature: f64 = 1;
/** The temperature divided by the power of 2 below it, in [1, 2). */
let temperatureMantissa: f64 = 1;

/** Sets the temperature of all following calls. Must be called once before the first. */
export function setTemperature(value: f64): void {
  constants = value == 1 ? UNIT_CONSTANTS : SCALED_CONSTANTS;
  temperature = value;
  const period = value * LN2;
  // 15 bits, as in UNIT_CONSTANTS: products with integers below 2^9 are exact.
  const high = reinterpret<f32>(reinterpret<u32>(<f32>period) & 0xfffffe00);
  storeScaledConstant(LOG2E, 1 / period);
  storeScaledConstant(MINUS_LN2_HI, -high);
  storeScaledConstant(MINUS_LN2_LO, <f64>high - period);
  let power: f64 = 1;
  for (let i = C2; i >= C6; i--) {
    power /= value;
    storeScaledConstant(i, power * <f64>loadConstant(i, UNIT_CONSTANTS));
  }
  const exponent = <i32>(reinterpret<u64>(value) >> 52) - 1023;
  storeScaledConstant(TEMPERATURE, value);
  storeScaledConstant(INVERSE_TEMPERATURE, 1 / value);
  storeScaledConstant(EXPONENT_SHIFT, exponent - TERM_SCALE_LOG2);
  temperatureMantissa = reinterpret<f64>(reinterpret<u64>(value) - (<u64>exponent << 52));
}

function storeScaledConstant(index: i32, value: f64): void {
  store<f32>(SCALED_CONSTANTS + (<usize>index << 2), <f32>value);
}

/** Returns the address of the constants in use. Cross-entropy has no temperature. */
// @ts-expect-error: decorator
@inline
export function activeConstants(): usize {
  return isCrossEntropy() ? UNIT_CONSTANTS : constants;
}

/**
 * Returns the terms of two maxima in float64: exp(max / T) · 2^(TERM_SCALE_LOG2 − n), times the mantissa
 * of T. `n` is the multiple of T · ln 2 that is nearest to `max`.
 */
// @ts-expect-error: decorator
@inline
export function maxTermF64(max: v128, n: v128): v128 {
  const shift = f64x2.mul(n, splatF64Constant(F64_LN2));
  const power = f64x2.splat(<f64>(<u64>1 << TERM_SCALE_LOG2));
  if (isCrossEntropy()) return f64x2.mul(power, expF64(f64x2.sub(max, shift)));
  const exponential = expF64(f64x2.sub(f64x2.div(max, f64x2.splat(temperature)), shift));
  return f64x2.mul(f64x2.mul(power, f64x2.splat(temperatureMantissa)), exponential);
}
