// Arithmetic of blocks of float32.
//
// `x`, `out` and further arrays are addresses. `count` is a multiple of four. An output may equal an input.
import { demotePair, promoteHigh, sumLanes } from "./arithmetic";
import { accumulate, store, storeScaled } from "./outputs";
import { scaled } from "./products";

/** Writes (x − y)², and as its derivative 2 (x − y). `differences.ts` explains the parameters. */
export function squaredDifference(
  x: usize, y: usize, out: usize, gradX: usize, gradY: usize, count: i32, high: f32, low: f32,
): f64 {
  const zero = f32x4.splat(0);
  // The factor is doubled, as the double of a difference may overflow where its product does not.
  const highs = f32x4.splat(2 * high);
  const lows = f32x4.splat(2 * low);
  let sum = f64x2.splat(0);
  for (let offset: usize = 0, end = <usize>count << 2; offset < end; offset += 16) {
    const difference = f32x4.sub(v128.load(x + offset), v128.load(y + offset));
    const loss = f32x4.mul(difference, difference);
    store(out, offset, loss);
    if (gradX != 0) {
      storeScaled(gradX, offset, difference, highs, lows);
      storeScaled(gradY, offset, f32x4.sub(zero, difference), highs, lows);
    }
    sum = accumulate(sum, loss);
  }
  return sumLanes(sum);
}

/** Returns the sum of floats, in float64. */
export function sum(x: usize, count: i32): f64 {
  let a = f64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  const end = x + (<usize>count << 2);
  for (const pairsEnd = x + (<usize>(count & ~7) << 2); x < pairsEnd; x += 32) {
    const first = v128.load(x);
    const second = v128.load(x, 16);
    a = f64x2.add(a, f64x2.promote_low_f32x4(first));
    b = f64x2.add(b, promoteHigh(first));
    c = f64x2.add(c, f64x2.promote_low_f32x4(second));
    d = f64x2.add(d, promoteHigh(second));
  }
  if (x < end) {
    const last = v128.load(x);
    a = f64x2.add(a, f64x2.promote_low_f32x4(last));
    b = f64x2.add(b, promoteHigh(last));
  }
  return sumLanes(f64x2.add(f64x2.add(a, b), f64x2.add(c, d)));
}

/** Multiplies floats by a double, given as the sum of two floats. */
export function scale(x: usize, high: f32, low: f32, count: i32): void {
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  for (const end = x + (<usize>count << 2); x < end; x += 16) {
    v128.store(x, scaled(v128.load(x), highs, lows));
  }
}

/** Multiplies floats by doubles times a factor. Where a double is 0, the product is 0, whatever the float is. */
export function weigh(x: usize, weights: usize, factor: f64, count: i32): void {
  const factors = f64x2.splat(factor);
  const zero = f64x2.splat(0);
  for (const end = x + (<usize>count << 2); x < end; x += 16, weights += 32) {
    const element = v128.load(x);
    const low = v128.load(weights);
    const high = v128.load(weights, 16);
    const lowProduct = f64x2.mul(f64x2.promote_low_f32x4(element), f64x2.mul(low, factors));
    const highProduct = f64x2.mul(promoteHigh(element), f64x2.mul(high, factors));
    const isIgnored = v128.shuffle<i32>(f64x2.eq(low, zero), f64x2.eq(high, zero), 0, 2, 4, 6);
    v128.store(x, v128.andnot(demotePair(lowProduct, highProduct), isIgnored));
  }
}
