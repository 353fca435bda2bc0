// The softcap s · tanh(x / s), which keeps logits between −s and s, and its derivative.
import { maddF32 } from "./arithmetic";
import { FOUR, LOWEST_NORMAL_EXP, ONE, splatElementConstant as constant, TWO } from "./elementsConstants";
import { biasedExponentOf, expm1OfRemainder } from "./elementsVector";

let cap: v128 = f32x4.splat(1);
/** All bits where −∞ is to stay −∞. */
let maskedLanes: v128 = i32x4.splat(0);

/** Sets s, and whether masked logits (−∞) stay as they are. */
export function setSoftcap(softcap: f32, keepsMasked: bool): void {
  cap = f32x4.splat(softcap);
  maskedLanes = i32x4.splat(keepsMasked ? -1 : 0);
}

/** Writes s · tanh(x / s). */
export function softcap(x: usize, out: usize, count: i32): void {
  for (const end = x + (<usize>count << 2); x < end; x += 16, out += 16) capFour(x, out, 0);
}

/** Writes s · tanh(x / s), and its derivative to `slopes`. */
export function softcapSlopes(x: usize, out: usize, slopes: usize, count: i32): void {
  for (const end = x + (<usize>count << 2); x < end; x += 16, out += 16, slopes += 16) capFour(x, out, slopes);
}

/**
 * Computes four elements. With e = exp(−2|x| / s), tanh is (1 − e) / (1 + e), where 1 − e does not cancel. Its
 * derivative is 4e / (1 + e)², or 0 where e is no normal number.
 */
// @ts-expect-error: decorator
@inline
function capFour(x: usize, out: usize, slopes: usize): void {
  const element = v128.load(x);
  const ratio = f32x4.div(element, cap);
  const abs = f32x4.abs(ratio);
  const argument = f32x4.neg(f32x4.add(abs, abs));
  const clamped = f32x4.pmax(argument, constant(LOWEST_NORMAL_EXP));
  const biasedExponent = biasedExponentOf(clamped);
  const p = expm1OfRemainder(clamped, biasedExponent);
  const power = i32x4.shl(biasedExponent, 23);
  const expm1 = maddF32(power, p, f32x4.sub(power, constant(ONE)));
  const sum = f32x4.add(expm1, constant(TWO));
  const magnitude = f32x4.mul(cap, f32x4.abs(f32x4.div(expm1, sum)));
  const capped = v128.or(magnitude, v128.xor(ratio, abs));
  const isMasked = v128.and(maskedLanes, f32x4.eq(element, f32x4.splat(-Infinity)));
  if (slopes != 0) {
    const e = maddF32(power, p, power);
    const slope = f32x4.div(f32x4.mul(constant(FOUR), e), f32x4.mul(sum, sum));
    v128.store(slopes, v128.andnot(slope, f32x4.lt(argument, constant(LOWEST_NORMAL_EXP))));
  }
  v128.store(out, v128.bitselect(element, capped, isMasked));
}
