// The gradients through softmax and logSoftmax, from that of the output to that of the input.
import { addLanes, demote, madd, promoteHigh } from "./arithmetic";
import { C2, C6, float, HIGH, LOG2E, REST } from "./constants";
import { expm1OfReduced, MAGIC, reduced, rounded } from "./exponentials";
import { PAD, SUMS } from "./memory";

/** Whose gradient. */
enum Through {
  SOFTMAX,
  LOG_SOFTMAX,
}

/** Σ g · y (softmax) or Σ g (logSoftmax), lane by lane, in doubles, to SUMS. */
function sumUp(through: Through, g: usize, y: usize, count: i32, step: usize): void {
  let low = f64x2.splat(0);
  let high = low;
  for (; count > 0; count--, g += step, y += step) {
    const a = v128.load(g);
    let a0 = f64x2.promote_low_f32x4(a);
    let a1 = promoteHigh(a);
    if (through == Through.SOFTMAX) {
      const b = v128.load(y);
      a0 = f64x2.mul(a0, f64x2.promote_low_f32x4(b));
      a1 = f64x2.mul(a1, promoteHigh(b));
    }
    low = f64x2.add(low, a0);
    high = f64x2.add(high, a1);
  }
  v128.store(SUMS, low);
  v128.store(SUMS, high, 16);
}

/** y · (g − s) or g − exp(y) · s; `sum` and `rest` are s, rounded, and what that has lost. */
function apply(
  through: Through, g: usize, y: usize, out: usize, count: i32, step: usize, sum: v128, rest: v128,
): void {
  if (through == Through.SOFTMAX) {
    for (; count > 0; count--, g += step, y += step, out += step) {
      v128.store(out, f32x4.mul(v128.load(y), f32x4.sub(f32x4.sub(v128.load(g), sum), rest)));
    }
    return;
  }
  const log2e = float(LOG2E);
  const high = float(HIGH);
  const lowRest = float(REST);
  const c6 = float(C6);
  const c5 = float(C6 + 1);
  const c4 = float(C6 + 2);
  const c3 = float(C2 - 1);
  const c2 = float(C2);
  const magic = f32x4.splat(MAGIC);
  const low = f32x4.splat(-88.02969);
  const one = f32x4.splat(1);
  const minus = f32x4.neg(sum);
  for (; count > 0; count--, g += step, y += step, out += step) {
    const x = f32x4.pmax(v128.load(y), low);
    const z = rounded(x, magic, log2e);
    const t = reduced(x, f32x4.sub(z, magic), high, lowRest);
    const scale = i32x4.shl(z, 23);
    // Where exp(y) is near 1, g − s − s · (exp(y) − 1): of g − s · exp(y) nothing would be left.
    const near = f32x4.eq(scale, one);
    const e = madd(scale, expm1OfReduced(t, c6, c5, c4, c3, c2), v128.andnot(scale, near));
    const base = f32x4.sub(f32x4.sub(v128.load(g), v128.and(sum, near)), v128.and(rest, near));
    v128.store(out, madd(minus, e, base));
  }
}

// @ts-expect-error: decorator
@inline
function lost(sum: f64): v128 {
  return f32x4.splat(<f32>(sum - <f64><f32>sum));
}

/** Σ g · y (softmax) or Σ g (logSoftmax) over a row in one piece. */
export function sumBackward(through: Through, g: usize, y: usize, size: i32): f64 {
  sumUp(through, g, y, size >> 2, 16);
  let sum = addLanes(f64x2.add(v128.load(SUMS), v128.load(SUMS, 16)));
  for (let j = <usize>size & ~3; j < <usize>size; j++) {
    const a = <f64>load<f32>(g + (j << 2));
    sum += through == Through.SOFTMAX ? a * <f64>load<f32>(y + (j << 2)) : a;
  }
  return sum;
}

/** From that sum the gradient of a row in one piece. */
export function applyBackward(through: Through, g: usize, y: usize, out: usize, size: i32, sum: f64): void {
  const s = f32x4.splat(<f32>sum);
  const rest = lost(sum);
  apply(through, g, y, out, size >> 2, 16, s, rest);
  const bytes = <usize>(size & 3) << 2;
  const done = <usize>(size & ~3) << 2;
  memory.copy(PAD, g + done, bytes);
  memory.copy(PAD + 16, y + done, bytes);
  apply(through, PAD, PAD + 16, PAD, 1, 16, s, rest);
  memory.copy(out + done, PAD, bytes);
}

/** Rows of `size` floats, one after the other. */
export function rowsBackward(through: Through, g: usize, y: usize, out: usize, rows: i32, size: i32): void {
  const bytes = <usize>size << 2;
  for (; rows > 0; rows--, g += bytes, y += bytes, out += bytes) {
    applyBackward(through, g, y, out, size, sumBackward(through, g, y, size));
  }
}

/** `outer` times `inner` rows, whose elements lie `pitch` floats apart: a multiple of four. */
export function columnsBackward(
  through: Through, g: usize, y: usize, out: usize, outer: i32, size: i32, inner: i32, pitch: i32,
): void {
  const step = <usize>pitch << 2;
  for (; outer > 0; outer--, g += step * size, y += step * size, out += step * size) {
    for (let i: usize = 0, end = <usize>inner << 2; i < end; i += 16) {
      sumUp(through, g + i, y + i, size, step);
      const low = v128.load(SUMS);
      const high = v128.load(SUMS, 16);
      const sum = demote(low, high);
      const restLow = f64x2.sub(low, f64x2.promote_low_f32x4(sum));
      const restHigh = f64x2.sub(high, promoteHigh(sum));
      const rest = demote(restLow, restHigh);
      apply(through, g + i, y + i, out + i, size, step, sum, rest);
    }
  }
}
