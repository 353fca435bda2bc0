// Rows that are short, or whose elements lie apart: four rows side by side, one in each lane.
//
// They are computed in the tile, where the same elements of four rows lie side by side: rows in one
// piece are transposed into it and back, columns copied, so that there is one way to compute.
import { demote, exp2, log1p2, promoteHigh } from "./arithmetic";
import { double, float } from "./constants";
import { keepOthers, MAGIC, sumOthers } from "./exponentials";
import { ADDED, INDEX, LOGITS, NOTES, ROW, SCALES, TILE, VALUES } from "./memory";
import { LARGE, LN2, Result, rowOf } from "./rows";

/** Four rows of `size` floats, one after the other, side by side into the tile. */
function loadRows(x: usize, tile: usize, size: i32): void {
  const bytes = <usize>size << 2;
  const b = x + bytes;
  const c = b + bytes;
  const d = c + bytes;
  if (size < 4) {
    for (let i: usize = 0; i < bytes; i += 4) {
      store<f32>(tile + (i << 2), load<f32>(x + i));
      store<f32>(tile + (i << 2), load<f32>(b + i), 4);
      store<f32>(tile + (i << 2), load<f32>(c + i), 8);
      store<f32>(tile + (i << 2), load<f32>(d + i), 12);
    }
    return;
  }
  for (let i: usize = 0; i < bytes; i += 16) {
    // The last four may have been among the ones before: better twice than one by one.
    i = min(i, bytes - 16);
    transpose(v128.load(x + i), v128.load(b + i), v128.load(c + i), v128.load(d + i), tile + (i << 2), 16);
  }
}

/** The tile into four rows. */
function storeRows(out: usize, tile: usize, size: i32): void {
  const bytes = <usize>size << 2;
  if (size < 4) {
    for (let i: usize = 0; i < bytes; i += 4, out += 4) {
      store<f32>(out, load<f32>(tile + (i << 2)));
      store<f32>(out + bytes, load<f32>(tile + (i << 2), 4));
      store<f32>(out + bytes * 2, load<f32>(tile + (i << 2), 8));
      store<f32>(out + bytes * 3, load<f32>(tile + (i << 2), 12));
    }
    return;
  }
  for (let i: usize = 0; i < bytes; i += 16) {
    i = min(i, bytes - 16);
    const four = tile + (i << 2);
    transpose(v128.load(four), v128.load(four, 16), v128.load(four, 32), v128.load(four, 48), out + i, bytes);
  }
}

/** Four vectors as the columns of four others, `step` bytes apart. */
// @ts-expect-error: decorator
@inline
function transpose(a: v128, b: v128, c: v128, d: v128, out: usize, step: usize): void {
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const ab2 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cd2 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<i64>(ab, cd, 0, 2));
  v128.store(out + step, v128.shuffle<i64>(ab, cd, 1, 3));
  v128.store(out + step * 2, v128.shuffle<i64>(ab2, cd2, 0, 2));
  v128.store(out + step * 3, v128.shuffle<i64>(ab2, cd2, 1, 3));
}

/**
 * Up to sixteen columns, whose elements lie `step` bytes apart, into the tile, four columns after
 * four; or back. Line by line: with a power of two as the step, no line stays in the cache.
 */
function copyColumns(into: bool, x: usize, size: i32, step: usize, columns: i32): void {
  const part = <usize>size << 4;
  const width = <usize>columns << 2;
  for (let tile = TILE, end = TILE + part; tile < end; tile += 16, x += step) {
    for (let i: usize = 0, place = tile; i < width; i += 16, place += part) {
      if (into) v128.store(place, v128.load(x + i));
      else v128.store(x + i, v128.load(place));
    }
  }
}

/** Per lane, x at a place in the tile: `part` of it, given by four offsets. */
// @ts-expect-error: decorator
@inline
function pick(tile: usize, places: v128): v128 {
  let four = v128.load32_zero(tile + i32x4.extract_lane(places, 0));
  four = v128.load_lane<f32>(tile + i32x4.extract_lane(places, 1), four, 1);
  four = v128.load_lane<f32>(tile + i32x4.extract_lane(places, 2), four, 2);
  return v128.load_lane<f32>(tile + i32x4.extract_lane(places, 3), four, 3);
}

// @ts-expect-error: decorator
@inline
function put(tile: usize, places: v128, four: v128): void {
  v128.store_lane<f32>(tile + i32x4.extract_lane(places, 0), four, 0);
  v128.store_lane<f32>(tile + i32x4.extract_lane(places, 1), four, 1);
  v128.store_lane<f32>(tile + i32x4.extract_lane(places, 2), four, 2);
  v128.store_lane<f32>(tile + i32x4.extract_lane(places, 3), four, 3);
}

/** Lanes without a maximum, or without a target, one by one. */
function apart(result: Result, tile: usize, size: i32, row: i32, empty: f32): void {
  for (let lane = 0; lane < 4; lane++) {
    const column = tile + (<usize>lane << 2);
    for (let j: usize = 0; j < <usize>size; j++) store<f32>(ROW + (j << 2), load<f32>(column + (j << 4)));
    rowOf(result, ROW, ROW, size, row + lane, empty);
    for (let j: usize = 0; j < <usize>size; j++) store<f32>(column + (j << 4), load<f32>(ROW + (j << 2)));
  }
}

/** Whether the four are done already, which their maxima say by being NaN. */
// @ts-expect-error: decorator
@inline
function isDone(top: v128): bool {
  return v128.any_true(f32x4.ne(top, top));
}

// @ts-expect-error: decorator
@inline
function shiftOf(top: v128): v128 {
  return v128.and(top, f32x4.ge(f32x4.abs(top), f32x4.splat(LARGE)));
}

// @ts-expect-error: decorator
@inline
function exponentOf(shifted: v128): v128 {
  return f32x4.nearest(f32x4.mul(shifted, float(0)));
}

/** The places of the targets of four rows, from the tile's beginning on. */
// @ts-expect-error: decorator
@inline
function goalsOf(row: i32): v128 {
  return i32x4.add(i32x4.shl(v128.load(INDEX + (<usize>row << 2)), 4), i32x4(0, 4, 8, 12));
}

/** First the maxima, and the logits of the targets. Rows without a finite maximum or a target are done one by one. */
function maxima(result: Result, tile: usize, size: i32, row: i32, empty: f32, notes: usize): void {
  const end = tile + (<usize>size << 4);
  let top = f32x4.splat(-Infinity);
  for (let i = tile; i < end; i += 16) top = f32x4.pmax(top, v128.load(i));
  let strange = f32x4.eq(f32x4.abs(top), f32x4.splat(Infinity));
  if (result >= Result.LOSS) {
    strange = v128.or(strange, i32x4.shr_s(v128.load(INDEX + (<usize>row << 2)), 31));
  }
  if (v128.any_true(strange)) {
    apart(result, tile, size, row, empty);
    top = f32x4.splat(NaN);
  } else if (result >= Result.LOSS) v128.store(notes, pick(tile, goalsOf(row)), LOGITS);
  v128.store(notes, top);
}

/** Then the exponentials of all but the maxima. */
function others(result: Result, tile: usize, size: i32, notes: usize): void {
  const top = v128.load(notes);
  if (isDone(top)) return;
  const end = tile + (<usize>size << 4);
  const shift = shiftOf(top);
  const shifted = f32x4.sub(top, shift);
  if (v128.any_true(shift)) {
    for (let i = tile; i < end; i += 16) v128.store(i, f32x4.sub(v128.load(i), shift));
  }
  const n = exponentOf(shifted);
  const low = f32x4.mul(f32x4.sub(n, f32x4.splat(127)), f32x4.splat(<f32>LN2));
  const magic = f32x4.sub(f32x4.splat(MAGIC), n);
  if (result == Result.SOFTMAX || result == Result.LOSS_AND_GRADIENT) {
    keepOthers(tile, end, low, magic, shifted, notes + ADDED);
  } else sumOthers(tile, end, low, magic, shifted, notes + ADDED);
}

/** Last what comes out of the rows, which takes their place in the tile. */
function results(result: Result, tile: usize, size: i32, row: i32, notes: usize): void {
  const top = v128.load(notes);
  if (isDone(top)) return;
  const end = tile + (<usize>size << 4);
  const shifted = f32x4.sub(top, shiftOf(top));
  const n = exponentOf(shifted);
  const ln2 = double(0);
  // By way of doubles: what the maxima's own terms are, exactly.
  const ownLow = exp2(f64x2.sub(f64x2.promote_low_f32x4(shifted), f64x2.mul(f64x2.promote_low_f32x4(n), ln2)));
  const ownHigh = exp2(f64x2.sub(promoteHigh(shifted), f64x2.mul(promoteHigh(n), ln2)));
  const equal = v128.load(notes, ADDED + 32);
  const equalHigh = v128.shuffle<i32>(equal, equal, 2, 3, 2, 3);
  const sumLow = f64x2.add(v128.load(notes, ADDED), f64x2.mul(f64x2.convert_low_i32x4_s(equal), ownLow));
  const sumHigh = f64x2.add(v128.load(notes, ADDED + 16), f64x2.mul(f64x2.convert_low_i32x4_s(equalHigh), ownHigh));
  const totalLow = f64x2.add(ownLow, sumLow);
  const totalHigh = f64x2.add(ownHigh, sumHigh);

  if (result == Result.SOFTMAX) {
    const one = double(9);
    times(tile, end, demote(f64x2.div(one, totalLow), f64x2.div(one, totalHigh)));
    return;
  }
  const logLow = log1p2(f64x2.div(sumLow, ownLow));
  const logHigh = log1p2(f64x2.div(sumHigh, ownHigh));
  if (result == Result.LOG_SOFTMAX) {
    const logTotal = demote(logLow, logHigh);
    for (let i = tile; i < end; i += 16) v128.store(i, f32x4.sub(f32x4.sub(v128.load(i), shifted), logTotal));
    return;
  }
  const logits = result == Result.LOG_SUM_EXP ? f32x4.splat(0) : v128.load(notes, LOGITS);
  const values = VALUES + (<usize>row << 3);
  const fromLow = f64x2.sub(f64x2.promote_low_f32x4(top), f64x2.promote_low_f32x4(logits));
  const fromHigh = f64x2.sub(promoteHigh(top), promoteHigh(logits));
  v128.store(values, f64x2.add(fromLow, logLow));
  v128.store(values, f64x2.add(fromHigh, logHigh), 16);
  if (result != Result.LOSS_AND_GRADIENT) return;

  const scales = SCALES + (<usize>row << 3);
  const upLow = v128.load(scales);
  const upHigh = v128.load(scales, 16);
  const perLow = f64x2.div(upLow, totalLow);
  const perHigh = f64x2.div(upHigh, totalHigh);
  const goals = goalsOf(row);
  const terms = pick(tile, goals);
  times(tile, end, demote(perLow, perHigh));
  // p − 1 would cancel where the target has the greatest logit.
  const slopes = demote(
    f64x2.sub(f64x2.mul(f64x2.promote_low_f32x4(terms), perLow), upLow),
    f64x2.sub(f64x2.mul(promoteHigh(terms), perHigh), upHigh),
  );
  const rest = f32x4.neg(demote(f64x2.mul(sumLow, perLow), f64x2.mul(sumHigh, perHigh)));
  put(tile, goals, v128.bitselect(rest, slopes, f32x4.eq(logits, top)));
}

/**
 * Up to sixteen rows in the tile, four by four; `row` is the first's place among the numbers per row.
 *
 * One step for all before the next: what a step waits for is then computed beside the next four's.
 */
function compute(result: Result, rows: i32, size: i32, row: i32, empty: f32): void {
  const part = <usize>size << 4;
  const count = (rows + 3) >> 2;
  for (let i = 0; i < count; i++) {
    maxima(result, TILE + part * i, size, row + i * 4, empty, NOTES + (<usize>i << 7));
  }
  for (let i = 0; i < count; i++) others(result, TILE + part * i, size, NOTES + (<usize>i << 7));
  for (let i = 0; i < count; i++) {
    results(result, TILE + part * i, size, row + i * 4, NOTES + (<usize>i << 7));
  }
}

function times(tile: usize, end: usize, factor: v128): void {
  for (; tile < end; tile += 16) v128.store(tile, f32x4.mul(v128.load(tile), factor));
}

// @ts-expect-error: decorator
@inline
function writes(result: Result): bool {
  return result != Result.LOG_SUM_EXP && result != Result.LOSS;
}

/**
 * Rows of `size` floats, one after the other, four by four: where their number is no multiple of
 * four, what lies behind them is taken for rows as well.
 */
export function shortRowsOf(result: Result, x: usize, out: usize, rows: i32, size: i32, empty: f32): void {
  const part = <usize>size << 4;
  const distance = out - x;
  for (let r = 0; r < rows; r += 16) {
    const count = min(16, rows - r);
    const end = TILE + part * ((count + 3) >> 2);
    let place = x;
    for (let tile = TILE; tile < end; tile += part, x += part) loadRows(x, tile, size);
    compute(result, count, size, r, empty);
    if (!writes(result)) continue;
    for (let tile = TILE; tile < end; tile += part, place += part) storeRows(place + distance, tile, size);
  }
}

/**
 * `outer` times `inner` rows, whose elements lie `pitch` floats apart: a multiple of four, as
 * columns are taken four by four.
 */
export function columnsOf(
  result: Result, x: usize, out: usize, outer: i32, size: i32, inner: i32, pitch: i32, empty: f32,
): void {
  const step = <usize>pitch << 2;
  const distance = out - x;
  for (let o = 0; o < outer; o++, x += step * size) {
    for (let i = 0; i < inner; i += 16) {
      const columns = min(16, inner - i);
      const place = x + (<usize>i << 2);
      copyColumns(true, place, size, step, columns);
      compute(result, columns, size, o * inner + i, empty);
      if (writes(result)) copyColumns(false, place + distance, size, step, columns);
    }
  }
}
