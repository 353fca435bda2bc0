// The Poisson loss of blocks of float32.
import { promoteHigh, sumLanes } from "./arithmetic";
import { boundOf, scaled } from "./products";
import { expVector } from "./elementsVector";

/** Writes exp(x) − y · x. The derivatives are exp(x) − y and −x. `differences.ts` explains the parameters. */
export function poisson(
  x: usize, y: usize, out: usize, gradient: usize, opposite: usize, count: i32, high: f32, low: f32,
): f64 {
  const hasOut = out != 0;
  const hasGradient = gradient != 0;
  const hasOpposite = opposite != 0;
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  const bound = boundOf(low);
  const infinity = f32x4.splat(Infinity);
  let a = f64x2.splat(0);
  let b = a;
  for (const end = x + (<usize>count << 2); x < end; x += 16, y += 16) {
    const logarithm = v128.load(x);
    const counted = v128.load(y);
    const expected = expVector(logarithm);
    const difference = f32x4.sub(expected, f32x4.mul(counted, logarithm));
    // The product may overflow, too, but exp(x) is far larger.
    const isFinite = v128.and(f32x4.lt(logarithm, infinity), f32x4.lt(f32x4.abs(counted), infinity));
    const isOverflow = v128.and(f32x4.eq(expected, infinity), isFinite);
    const loss = v128.bitselect(expected, difference, isOverflow);
    if (hasOut) {
      v128.store(out, loss);
      out += 16;
    }
    if (hasGradient) {
      v128.store(gradient, scaled(f32x4.sub(expected, counted), highs, lows, bound));
      gradient += 16;
      if (hasOpposite) {
        v128.store(opposite, scaled(f32x4.neg(logarithm), highs, lows, bound));
        opposite += 16;
      }
    }
    a = f64x2.add(a, f64x2.promote_low_f32x4(loss));
    b = f64x2.add(b, promoteHigh(loss));
  }
  return sumLanes(f64x2.add(a, b));
}
