// Losses of the difference of two blocks of float32.
//
// `x`, `y`, `out` and `gradient` are addresses; `gradient` is 0 if there is none. `count` is a multiple of four. The
// arrays do not overlap. In `pmin` and `pmax`, the first argument may be NaN, which they keep.

/** Returns half of x − y, which does not overflow. */
// @ts-expect-error: decorator
@inline
function halfDifference(x: v128, y: v128): v128 {
  const half = f32x4.splat(0.5);
  return f32x4.sub(f32x4.mul(half, x), f32x4.mul(half, y));
}

/** Writes |x − y|, and its sign to `gradient`: 0 at 0 and at NaN. */
export function absoluteDifference(x: usize, y: usize, out: usize, gradient: usize, count: i32): void {
  const hasGradient = gradient != 0;
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  for (const end = x + (<usize>count << 2); x < end; x += 16, y += 16, out += 16) {
    const difference = f32x4.sub(v128.load(x), v128.load(y));
    v128.store(out, f32x4.abs(difference));
    if (hasGradient) {
      const isPositive = v128.and(f32x4.gt(difference, zero), one);
      const isNegative = v128.and(f32x4.lt(difference, zero), one);
      v128.store(gradient, f32x4.sub(isPositive, isNegative));
      gradient += 16;
    }
  }
}

/**
 * Writes s · (|d| − s / 2) with d = x − y and s = min(|d|, delta), and its derivative: d between −delta and delta.
 *
 * No element is squared, and the size is halved, so nothing overflows where the loss does not.
 */
export function huber(x: usize, y: usize, out: usize, gradient: usize, count: i32, delta: f32): void {
  const hasGradient = gradient != 0;
  const bound = f32x4.splat(delta);
  const minusBound = f32x4.splat(-delta);
  const quarter = f32x4.splat(0.25);
  for (const end = x + (<usize>count << 2); x < end; x += 16, y += 16, out += 16) {
    const a = v128.load(x);
    const b = v128.load(y);
    const difference = f32x4.sub(a, b);
    const squared = f32x4.pmin(f32x4.abs(difference), bound);
    const rest = f32x4.sub(f32x4.abs(halfDifference(a, b)), f32x4.mul(quarter, squared));
    v128.store(out, f32x4.mul(f32x4.add(squared, squared), rest));
    if (hasGradient) {
      v128.store(gradient, f32x4.pmax(f32x4.pmin(difference, bound), minusBound));
      gradient += 16;
    }
  }
}

/**
 * Writes s / beta · (|d| − s / 2) with s = min(|d|, beta), and its derivative: d / beta between −1 and 1.
 *
 * @param inverse 1 / beta: two divisions would take as long as everything else.
 */
export function smoothL1(
  x: usize, y: usize, out: usize, gradient: usize, count: i32, beta: f32, inverse: f32,
): void {
  const hasGradient = gradient != 0;
  const bound = f32x4.splat(beta);
  const factor = f32x4.splat(inverse);
  const one = f32x4.splat(1);
  const minusOne = f32x4.splat(-1);
  const quarter = f32x4.splat(0.25);
  for (const end = x + (<usize>count << 2); x < end; x += 16, y += 16, out += 16) {
    const a = v128.load(x);
    const b = v128.load(y);
    const difference = f32x4.sub(a, b);
    const squared = f32x4.pmin(f32x4.abs(difference), bound);
    // The quotient first: the product of two sizes may overflow or underflow where the loss does not.
    const quotient = f32x4.mul(squared, factor);
    const rest = f32x4.sub(f32x4.abs(halfDifference(a, b)), f32x4.mul(quarter, squared));
    v128.store(out, f32x4.mul(f32x4.add(quotient, quotient), rest));
    if (hasGradient) {
      const slope = f32x4.mul(difference, factor);
      v128.store(gradient, f32x4.pmax(f32x4.pmin(slope, one), minusOne));
      gradient += 16;
    }
  }
}

/**
 * Writes max(0, m) with m = margin − t · (x − y), and its derivative with respect to x: −t where m is at least 0, also
 * where t is NaN. The margin is the sum of two floats.
 */
export function marginRanking(
  x: usize, y: usize, t: usize, out: usize, gradient: usize, count: i32, high: f32, low: f32,
): void {
  const hasGradient = gradient != 0;
  const highs = f32x4.splat(high);
  const lows = f32x4.splat(low);
  const zero = f32x4.splat(0);
  const half = f32x4.splat(0.5);
  const infinity = f32x4.splat(Infinity);
  for (const end = x + (<usize>count << 2); x < end; x += 16, y += 16, t += 16, out += 16) {
    const label = v128.load(t);
    const a = v128.load(x);
    const b = v128.load(y);
    const difference = f32x4.sub(a, b);
    let missing = f32x4.add(f32x4.sub(highs, f32x4.mul(label, difference)), lows);
    const isInfinite = f32x4.eq(f32x4.abs(difference), infinity);
    if (v128.any_true(isInfinite)) {
      // The difference has overflowed, which the loss need not. Its half has not.
      const halfMargin = f32x4.add(f32x4.mul(half, highs), f32x4.mul(half, lows));
      const halfMissing = f32x4.sub(halfMargin, f32x4.mul(label, halfDifference(a, b)));
      missing = v128.bitselect(f32x4.add(halfMissing, halfMissing), missing, isInfinite);
    }
    v128.store(out, f32x4.pmax(missing, zero));
    if (hasGradient) {
      const isPassed = v128.or(f32x4.ge(missing, zero), f32x4.ne(label, label));
      v128.store(gradient, f32x4.sub(zero, v128.and(label, isPassed)));
      gradient += 16;
    }
  }
}
