// Rows that are short, or whose elements lie apart: four rows side by side, one in each lane.
import { exp2, exp4, log1p2, promoteHigh } from "./arithmetic";
import { CONSTANTS, DOUBLES } from "./constants";
import { LARGE, LN2, Result } from "./rows";

/** The same element of four rows. */
// @ts-expect-error: decorator
@inline
function gather(together: bool, a: usize, b: usize, c: usize, d: usize): v128 {
  if (together) return v128.load(a);
  let four = v128.load32_zero(a);
  four = v128.load_lane<f32>(b, four, 1);
  four = v128.load_lane<f32>(c, four, 2);
  return v128.load_lane<f32>(d, four, 3);
}

// @ts-expect-error: decorator
@inline
function scatter(together: bool, a: usize, b: usize, c: usize, d: usize, four: v128): void {
  if (together) {
    v128.store(a, four);
    return;
  }
  v128.store_lane<f32>(a, four, 0);
  v128.store_lane<f32>(b, four, 1);
  v128.store_lane<f32>(c, four, 2);
  v128.store_lane<f32>(d, four, 3);
}

/** Two doubles twice, as four floats. */
// @ts-expect-error: decorator
@inline
function demote(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** x at one row's class, for a lane. */
// @ts-expect-error: decorator
@inline
function at(row: usize, step: usize, target: i32): usize {
  return row + step * <usize>max(target, 0);
}

/**
 * Four rows, which start at a, b, c and d (with `together` one after the other) and whose elements
 * lie `step` bytes apart; those of the result the same, `out` bytes further on. A lane that stands
 * for no row of its own repeats the last. `keep` and `together` are known where it is compiled.
 */
// @ts-expect-error: decorator
@inline
function four(
  keep: bool, together: bool, result: Result, a: usize, b: usize, c: usize, d: usize, step: usize, size: i32,
  out: usize, empty: f32, v0: usize, v1: usize, v2: usize, v3: usize,
  t0: i32, t1: i32, t2: i32, t3: i32, u0: f64, u1: f64, u2: f64, u3: f64,
): void {
  const log2e = v128.load(CONSTANTS);
  const magic = v128.load(CONSTANTS, 16);
  const high = v128.load(CONSTANTS, 32);
  const rest = v128.load(CONSTANTS, 48);
  const c6 = v128.load(CONSTANTS, 64);
  const c5 = v128.load(CONSTANTS, 80);
  const c4 = v128.load(CONSTANTS, 96);
  const c3 = v128.load(CONSTANTS, 112);
  const c2 = v128.load(CONSTANTS, 128);
  const isLoss = result == Result.LOSS || result == Result.LOSS_AND_GRADIENT;

  let top = f32x4.splat(-Infinity);
  for (let j = 0, i: usize = 0; j < size; j++, i += step) {
    top = f32x4.pmax(top, gather(together, a + i, b + i, c + i, d + i));
  }
  const infinite = f32x4.eq(f32x4.abs(top), f32x4.splat(Infinity));
  let logits = top;
  if (isLoss) {
    logits = v128.load32_zero(at(a, step, t0));
    logits = v128.load_lane<f32>(at(b, step, t1), logits, 1);
    logits = v128.load_lane<f32>(at(c, step, t2), logits, 2);
    logits = v128.load_lane<f32>(at(d, step, t3), logits, 3);
  }
  let nothing = f32x4.splat(0);
  let invalid = nothing;
  if (v128.any_true(infinite)) {
    // The maximum has passed over NaN.
    for (let j = 0, i: usize = 0; j < size; j++, i += step) {
      const x = gather(together, a + i, b + i, c + i, d + i);
      invalid = v128.or(invalid, f32x4.ne(x, x));
    }
    nothing = v128.andnot(f32x4.eq(top, f32x4.splat(-Infinity)), invalid);
  }

  const shift = v128.and(top, f32x4.ge(f32x4.abs(top), f32x4.splat(LARGE)));
  const shifted = f32x4.sub(top, shift);
  const n = f32x4.nearest(f32x4.mul(shifted, log2e));
  const bias = i32x4.sub(i32x4.splat(127), i32x4.trunc_sat_f32x4_s(n));
  const low = f32x4.mul(f32x4.sub(n, f32x4.splat(127)), f32x4.splat(<f32>LN2));
  const ln2 = v128.load(DOUBLES);
  const ownLow = exp2(
    f64x2.sub(f64x2.promote_low_f32x4(shifted), f64x2.mul(f64x2.promote_low_f32x4(n), ln2)),
  );
  const ownHigh = exp2(
    f64x2.sub(promoteHigh(shifted), f64x2.mul(promoteHigh(n), ln2)),
  );

  let sumLow = f64x2.splat(0);
  let sumHigh = sumLow;
  let hidden = f32x4.splat(0);
  for (let j = 0, i: usize = 0; j < size; ) {
    let sum = f32x4.splat(0);
    for (const stop = min(size, j + 16); j < stop; j++, i += step) {
      const x = gather(together, a + i, b + i, c + i, d + i);
      const e = exp4(f32x4.sub(x, shift), low, bias, log2e, magic, high, rest, c6, c5, c4, c3, c2);
      // The first to equal the maximum is the top: it stays out of the sum.
      const first = v128.andnot(f32x4.eq(x, top), hidden);
      hidden = v128.or(hidden, first);
      sum = f32x4.add(sum, v128.andnot(e, first));
      if (keep) scatter(together, a + i + out, b + i + out, c + i + out, d + i + out, e);
    }
    sumLow = f64x2.add(sumLow, f64x2.promote_low_f32x4(sum));
    sumHigh = f64x2.add(sumHigh, promoteHigh(sum));
  }

  const totalLow = f64x2.add(ownLow, sumLow);
  const totalHigh = f64x2.add(ownHigh, sumHigh);
  const nan = f32x4.splat(NaN);

  if (keep && result == Result.SOFTMAX) {
    let factor = demote(
      f64x2.div(v128.load(DOUBLES, 144), totalLow),
      f64x2.div(v128.load(DOUBLES, 144), totalHigh),
    );
    factor = v128.or(factor, v128.and(infinite, nan));
    const some = v128.any_true(nothing);
    const filling = f32x4.splat(empty);
    for (let j = 0, i = out; j < size; j++, i += step) {
      let p = f32x4.mul(gather(together, a + i, b + i, c + i, d + i), factor);
      if (some) p = v128.bitselect(filling, p, nothing);
      scatter(together, a + i, b + i, c + i, d + i, p);
    }
    return;
  }

  const logLow = log1p2(f64x2.div(sumLow, ownLow));
  const logHigh = log1p2(f64x2.div(sumHigh, ownHigh));

  if (!keep && result == Result.LOG_SOFTMAX) {
    const logTotal = v128.or(demote(logLow, logHigh), v128.and(infinite, nan));
    const some = v128.any_true(nothing);
    const filling = f32x4.splat(empty);
    for (let j = 0, i: usize = 0; j < size; j++, i += step) {
      const x = gather(together, a + i, b + i, c + i, d + i);
      let y = f32x4.sub(f32x4.sub(x, top), logTotal);
      if (some) y = v128.bitselect(filling, y, nothing);
      scatter(together, a + i + out, b + i + out, c + i + out, d + i + out, y);
    }
    return;
  }

  let valueLow = f64x2.promote_low_f32x4(top);
  let valueHigh = promoteHigh(top);
  if (isLoss) {
    valueLow = f64x2.sub(valueLow, f64x2.promote_low_f32x4(logits));
    valueHigh = f64x2.sub(valueHigh, promoteHigh(logits));
  }
  valueLow = f64x2.add(valueLow, logLow);
  valueHigh = f64x2.add(valueHigh, logHigh);
  if (v128.any_true(infinite)) {
    // Rows of an infinite maximum have no loss; their logSumExp is that maximum, unless there is NaN.
    const instead = isLoss ? nan : v128.or(top, v128.and(invalid, nan));
    const low64 = v128.shuffle<i32>(infinite, infinite, 0, 0, 1, 1);
    const high64 = v128.shuffle<i32>(infinite, infinite, 2, 2, 3, 3);
    valueLow = v128.bitselect(f64x2.promote_low_f32x4(instead), valueLow, low64);
    valueHigh = v128.bitselect(promoteHigh(instead), valueHigh, high64);
  }
  store<f64>(v0, isLoss && t0 < 0 ? 0 : f64x2.extract_lane(valueLow, 0));
  store<f64>(v1, isLoss && t1 < 0 ? 0 : f64x2.extract_lane(valueLow, 1));
  store<f64>(v2, isLoss && t2 < 0 ? 0 : f64x2.extract_lane(valueHigh, 0));
  store<f64>(v3, isLoss && t3 < 0 ? 0 : f64x2.extract_lane(valueHigh, 1));

  if (keep) {
    const upLow = f64x2.replace_lane(f64x2.splat(u0), 1, u1);
    const upHigh = f64x2.replace_lane(f64x2.splat(u2), 1, u3);
    const perLow = f64x2.div(upLow, totalLow);
    const perHigh = f64x2.div(upHigh, totalHigh);
    const factor = v128.or(demote(perLow, perHigh), v128.and(infinite, nan));
    let terms = v128.load32_zero(at(a + out, step, t0));
    terms = v128.load_lane<f32>(at(b + out, step, t1), terms, 1);
    terms = v128.load_lane<f32>(at(c + out, step, t2), terms, 2);
    terms = v128.load_lane<f32>(at(d + out, step, t3), terms, 3);
    for (let j = 0, i = out; j < size; j++, i += step) {
      const e = gather(together, a + i, b + i, c + i, d + i);
      scatter(together, a + i, b + i, c + i, d + i, f32x4.mul(e, factor));
    }
    // p − 1 would cancel where the target has the greatest logit.
    const isTop = f32x4.eq(logits, top);
    const slopeLow = f64x2.sub(f64x2.mul(f64x2.promote_low_f32x4(terms), perLow), upLow);
    const slopeHigh = f64x2.sub(f64x2.mul(promoteHigh(terms), perHigh), upHigh);
    const others = demote(
      f64x2.neg(f64x2.mul(sumLow, perLow)),
      f64x2.neg(f64x2.mul(sumHigh, perHigh)),
    );
    let slopes = v128.bitselect(others, demote(slopeLow, slopeHigh), isTop);
    slopes = v128.or(slopes, v128.and(infinite, nan));
    v128.store_lane<f32>(at(a + out, step, t0), slopes, 0);
    v128.store_lane<f32>(at(b + out, step, t1), slopes, 1);
    v128.store_lane<f32>(at(c + out, step, t2), slopes, 2);
    v128.store_lane<f32>(at(d + out, step, t3), slopes, 3);
    if (t0 < 0) clear(a + out, step, size);
    if (t1 < 0) clear(b + out, step, size);
    if (t2 < 0) clear(c + out, step, size);
    if (t3 < 0) clear(d + out, step, size);
  }
}

function clear(row: usize, step: usize, size: i32): void {
  for (let j = 0; j < size; j++, row += step) store<f32>(row, 0);
}

function keptTogether(
  result: Result, a: usize, b: usize, c: usize, d: usize, step: usize, size: i32,
  out: usize, empty: f32, v0: usize, v1: usize, v2: usize, v3: usize,
  t0: i32, t1: i32, t2: i32, t3: i32, u0: f64, u1: f64, u2: f64, u3: f64,
): void {
  four(true, true, result, a, b, c, d, step, size, out, empty, v0, v1, v2, v3, t0, t1, t2, t3, u0, u1, u2, u3);
}

function keptApart(
  result: Result, a: usize, b: usize, c: usize, d: usize, step: usize, size: i32,
  out: usize, empty: f32, v0: usize, v1: usize, v2: usize, v3: usize,
  t0: i32, t1: i32, t2: i32, t3: i32, u0: f64, u1: f64, u2: f64, u3: f64,
): void {
  four(true, false, result, a, b, c, d, step, size, out, empty, v0, v1, v2, v3, t0, t1, t2, t3, u0, u1, u2, u3);
}

function addedTogether(
  result: Result, a: usize, b: usize, c: usize, d: usize, step: usize, size: i32,
  out: usize, empty: f32, v0: usize, v1: usize, v2: usize, v3: usize,
  t0: i32, t1: i32, t2: i32, t3: i32,
): void {
  four(false, true, result, a, b, c, d, step, size, out, empty, v0, v1, v2, v3, t0, t1, t2, t3, 0, 0, 0, 0);
}

function addedApart(
  result: Result, a: usize, b: usize, c: usize, d: usize, step: usize, size: i32,
  out: usize, empty: f32, v0: usize, v1: usize, v2: usize, v3: usize,
  t0: i32, t1: i32, t2: i32, t3: i32,
): void {
  four(false, false, result, a, b, c, d, step, size, out, empty, v0, v1, v2, v3, t0, t1, t2, t3, 0, 0, 0, 0);
}

/**
 * All rows of [outer, size, inner], four by four.
 *
 * @param pitch how many floats an element of a row lies behind the one before it; inner, or more
 * where only a part of the columns is asked for. With inner 1 rows lie in one piece.
 */
export function lanesOf(
  result: Result, x: usize, out: usize, outer: i32, size: i32, inner: i32, pitch: i32,
  empty: f32, values: usize, index: usize, scales: usize,
): void {
  // With pitch 1 the rows themselves are the neighbours.
  const rows = pitch == 1 ? outer : inner;
  const slabs = pitch == 1 ? 1 : outer;
  const rowBytes: usize = pitch == 1 ? <usize>size << 2 : 4;
  const step = <usize>pitch << 2;
  const slabBytes = <usize>size * <usize>pitch << 2;
  const keep = result == Result.SOFTMAX || result == Result.LOSS_AND_GRADIENT;
  const isLoss = result == Result.LOSS || result == Result.LOSS_AND_GRADIENT;
  const distance = out - x;
  for (let s = 0; s < slabs; s++, x += slabBytes) {
    for (let r = 0; r < rows; r += 4) {
      const r1 = <usize>min(r + 1, rows - 1);
      const r2 = <usize>min(r + 2, rows - 1);
      const r3 = <usize>min(r + 3, rows - 1);
      const r0 = <usize>r;
      const t0 = isLoss ? load<i32>(index + (r0 << 2)) : 0;
      const t1 = isLoss ? load<i32>(index + (r1 << 2)) : 0;
      const t2 = isLoss ? load<i32>(index + (r2 << 2)) : 0;
      const t3 = isLoss ? load<i32>(index + (r3 << 2)) : 0;
      const graded = result == Result.LOSS_AND_GRADIENT;
      const u0 = graded ? load<f64>(scales + (r0 << 3)) : 0;
      const u1 = graded ? load<f64>(scales + (r1 << 3)) : 0;
      const u2 = graded ? load<f64>(scales + (r2 << 3)) : 0;
      const u3 = graded ? load<f64>(scales + (r3 << 3)) : 0;
      const a = x + r0 * rowBytes;
      const b = x + r1 * rowBytes;
      const c = x + r2 * rowBytes;
      const d = x + r3 * rowBytes;
      const v0 = values + (r0 << 3);
      const v1 = values + (r1 << 3);
      const v2 = values + (r2 << 3);
      const v3 = values + (r3 << 3);
      const together = pitch > 1 && r + 4 <= rows;
      if (together && keep) {
        keptTogether(result, a, b, c, d, step, size, distance, empty, v0, v1, v2, v3, t0, t1, t2, t3, u0, u1, u2, u3);
      } else if (together) {
        addedTogether(result, a, b, c, d, step, size, distance, empty, v0, v1, v2, v3, t0, t1, t2, t3);
      } else if (keep) {
        keptApart(result, a, b, c, d, step, size, distance, empty, v0, v1, v2, v3, t0, t1, t2, t3, u0, u1, u2, u3);
      } else {
        addedApart(result, a, b, c, d, step, size, distance, empty, v0, v1, v2, v3, t0, t1, t2, t3);
      }
    }
    values += <usize>rows << 3;
    index += <usize>rows << 2;
    scales += <usize>rows << 3;
  }
}
