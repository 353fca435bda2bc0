// exp(x / T) without rounding x / T, which would cost an ulp for each unit of it: x is reduced by
// multiples of T · ln 2, and the polynomial takes what is left, times a power of 1 / T. What comes
// out is T times the exponential, less the exponent of T; only ratios of those are ever used.
import { exp2, LN2 } from "./arithmetic";
import { double, PLAIN } from "./constants";
import { isLoss } from "./result";

/** The like of PLAIN. */
const TEMPERED: usize = memory.data(44, 4);

let constants: usize = PLAIN;
let temperature: f64 = 1;
let mantissa: f64 = 1;

/** Sets the temperature of the calls that follow. */
export function temper(to: f64): void {
  constants = to == 1 ? PLAIN : TEMPERED;
  temperature = to;
  const period = to * LN2;
  // 15 bits, as in PLAIN: its products with whole numbers are exact.
  const high = reinterpret<f32>(reinterpret<u32>(<f32>period) & 0xfffffe00);
  store<f32>(TEMPERED, <f32>(1 / period));
  store<f32>(TEMPERED, -high, 4);
  store<f32>(TEMPERED, <f32>(<f64>high - period), 8);
  let power: f64 = 1;
  for (let i: usize = 28; i >= 12; i -= 4) {
    power /= to;
    store<f32>(TEMPERED + i, <f32>(power * <f64>load<f32>(PLAIN + i)));
  }
  store<f32>(TEMPERED, <f32>to, 32);
  store<f32>(TEMPERED, <f32>(1 / to), 36);
  const exponent = <i32>(reinterpret<u64>(to) >> 52) - 1023;
  store<f32>(TEMPERED, <f32>exponent, 40);
  mantissa = to == 1 ? 1 : reinterpret<f64>(reinterpret<u64>(to) - (<u64>exponent << 52));
}

/** What exponentials are made with now. Losses have no temperature. */
// @ts-expect-error: decorator
@inline
export function constantsNow(): usize {
  return isLoss() ? PLAIN : constants;
}

/** The exponentials of two maxima, by way of doubles: what their own terms are, exactly. */
// @ts-expect-error: decorator
@inline
export function ownOf(x: v128, n: v128): v128 {
  const shift = f64x2.mul(n, double(0));
  if (isLoss()) return exp2(f64x2.sub(x, shift));
  const own = exp2(f64x2.sub(f64x2.div(x, f64x2.splat(temperature)), shift));
  return f64x2.mul(f64x2.splat(mantissa), own);
}
