// The soft margin loss of blocks of float32.
import { promoteHigh, sumLanes } from "./arithmetic";
import { boundOf, scaled } from "./products";
import { expMinusAbs, sigmoidOfExp, softplusOfExp } from "./elementsVector";

/**
 * Writes log(1 + exp(z)) with z = −y · x, and as its derivative −y · sigmoid(z). It has none with respect to y.
 * `differences.ts` explains the parameters.
 */
export function softMargin(
  x: usize, y: usize, out: usize, gradient: usize, opposite: usize, count: i32, high: f32, low: f32,
): f64 {
  const hasOut = out != 0;
  const hasGradient = gradient != 0;
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  const bound = boundOf(low);
  let a = f64x2.splat(0);
  let b = a;
  for (const end = x + (<usize>count << 2); x < end; x += 16, y += 16) {
    const label = f32x4.neg(v128.load(y));
    const z = f32x4.mul(label, v128.load(x));
    const e = expMinusAbs(z);
    const loss = softplusOfExp(z, e);
    if (hasOut) {
      v128.store(out, loss);
      out += 16;
    }
    if (hasGradient) {
      v128.store(gradient, scaled(f32x4.mul(label, sigmoidOfExp(z, e)), highs, lows, bound));
      gradient += 16;
    }
    a = f64x2.add(a, f64x2.promote_low_f32x4(loss));
    b = f64x2.add(b, promoteHigh(loss));
  }
  return sumLanes(f64x2.add(a, b));
}
