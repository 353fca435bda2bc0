// exp(x / T) without rounding x / T, which would cost an ulp for each unit of it: x is reduced by
// multiples of T · ln 2, and the polynomial takes what is left, times a power of 1 / T. What comes
// out is T times the exponential, less the exponent of T; only ratios of those are ever used.
import { expOfTwo, LN2 } from "./arithmetic";
import { C2, C6, double, EXPONENT, HIGH, INVERSE, LOG2E, OFFSET, PLAIN, REST, scalar, TEMPERATURE } from "./constants";
import { TEMPERED } from "./memory";
import { isLoss } from "./operation";

let constants: usize;
let temperature: f64 = 1;
/** What exponentials are multiplied with besides their powers of 2. */
let mantissa: f64 = 1;

/** Sets the temperature of the calls that follow; before it, there is none. */
export function temper(to: f64): void {
  constants = to == 1 ? PLAIN : TEMPERED;
  temperature = to;
  const period = to * LN2;
  // 15 bits, as in PLAIN: its products with whole numbers are exact.
  const high = reinterpret<f32>(reinterpret<u32>(<f32>period) & 0xfffffe00);
  put(LOG2E, 1 / period);
  put(HIGH, -high);
  put(REST, <f64>high - period);
  let power: f64 = 1;
  for (let i = C2; i >= C6; i--) {
    power /= to;
    put(i, power * <f64>scalar(i, PLAIN));
  }
  const exponent = <i32>(reinterpret<u64>(to) >> 52) - 1023;
  put(TEMPERATURE, to);
  put(INVERSE, 1 / to);
  put(EXPONENT, exponent - OFFSET);
  mantissa = reinterpret<f64>(reinterpret<u64>(to) - (<u64>exponent << 52));
}

function put(i: i32, value: f64): void {
  store<f32>(TEMPERED + (<usize>i << 2), <f32>value);
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
  const power = f64x2.splat(<f64>(<u64>1 << OFFSET));
  if (isLoss()) return f64x2.mul(power, expOfTwo(f64x2.sub(x, shift)));
  const own = expOfTwo(f64x2.sub(f64x2.div(x, f64x2.splat(temperature)), shift));
  return f64x2.mul(f64x2.mul(power, f64x2.splat(mantissa)), own);
}
