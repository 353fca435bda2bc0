// The Kullback–Leibler divergence of blocks of float32.
import { promoteHigh, sumLanes } from "./arithmetic";
import { boundOf, scaled } from "./products";
import { ONE, splatElementConstant } from "./elementsConstants";
import { logVector } from "./elementsVector";

/**
 * Writes y · (log y − x), or 0 where y is 0, and as its derivatives −y and log y − x + 1. `differences.ts` explains the
 * parameters.
 */
export function klDivergence(
  x: usize, y: usize, out: usize, gradient: usize, opposite: usize, count: i32, high: f32, low: f32,
): f64 {
  const hasOut = out != 0;
  const hasGradient = gradient != 0;
  const hasOpposite = opposite != 0;
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  const bound = boundOf(low);
  const zero = f32x4.splat(0);
  let a = f64x2.splat(0);
  let b = a;
  for (const end = x + (<usize>count << 2); x < end; x += 16, y += 16) {
    const probability = v128.load(y);
    const difference = f32x4.sub(logVector(probability), v128.load(x));
    const loss = v128.andnot(f32x4.mul(probability, difference), f32x4.eq(probability, zero));
    if (hasOut) {
      v128.store(out, loss);
      out += 16;
    }
    if (hasGradient) {
      v128.store(gradient, scaled(f32x4.neg(probability), highs, lows, bound));
      gradient += 16;
      if (hasOpposite) {
        const slope = f32x4.add(difference, splatElementConstant(ONE));
        v128.store(opposite, scaled(slope, highs, lows, bound));
        opposite += 16;
      }
    }
    a = f64x2.add(a, f64x2.promote_low_f32x4(loss));
    b = f64x2.add(b, promoteHigh(loss));
  }
  return sumLanes(f64x2.add(a, b));
}
