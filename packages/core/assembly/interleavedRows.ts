// Rows that are short, or whose elements lie apart: sixteen side by side in the tile, four by four
// in the lanes of a vector.
import { INVERSE, scalar } from "./constants";
import { keepLines, sumLines } from "./exponentials";
import { doublesOf, FACTORS, INDEX, LINE, LOGITS, LOGS, NOTES, ROW, SLOPES, TERMS, TILE } from "./memory";
import { isGradient, isLogSoftmax, isLoss, keeps } from "./operation";
import { classOf, rowOf, subtract } from "./contiguousRows";
import { exponentOf, isDone, settle, shiftOf } from "./epilogue";
import { constantsNow } from "./temperature";
import { loadColumns, loadRows, storeColumns, storeRows, subtractColumns } from "./tile";

/** Of four rows, whose elements lie `step` bytes apart and which themselves lie `lane` apart, those of their classes. */
// @ts-expect-error: decorator
@inline
function pick(x: usize, step: usize, lane: usize, row: i32): v128 {
  let four = v128.load32_zero(x + <usize>classOf(row) * step);
  four = v128.load_lane<f32>(x + lane + <usize>classOf(row + 1) * step, four, 1);
  four = v128.load_lane<f32>(x + lane * 2 + <usize>classOf(row + 2) * step, four, 2);
  return v128.load_lane<f32>(x + lane * 3 + <usize>classOf(row + 3) * step, four, 3);
}

/** The same the other way. */
// @ts-expect-error: decorator
@inline
function put(out: usize, step: usize, lane: usize, row: i32, four: v128): void {
  v128.store_lane<f32>(out + <usize>classOf(row) * step, four, 0);
  v128.store_lane<f32>(out + lane + <usize>classOf(row + 1) * step, four, 1);
  v128.store_lane<f32>(out + lane * 2 + <usize>classOf(row + 2) * step, four, 2);
  v128.store_lane<f32>(out + lane * 3 + <usize>classOf(row + 3) * step, four, 3);
}

/** Four rows of which one has no finite maximum or no target, one by one; what comes out goes to the tile. */
function apart(writes: bool, x: usize, step: usize, lane: usize, tile: usize, size: i32, row: i32, empty: f32): void {
  for (let i: usize = 0; i < 4; i++) {
    for (let j: usize = 0; j < <usize>size; j++) store<f32>(ROW + (j << 2), load<f32>(x + i * lane + j * step));
    rowOf(ROW, writes ? ROW : 0, size, row + <i32>i, empty);
    for (let j: usize = 0; j < <usize>size; j++) store<f32>(tile + (i << 2) + j * LINE, load<f32>(ROW + (j << 2)));
  }
}

/** The exponentials of all but the maxima of four rows. */
function addOthers(
  writes: bool, x: usize, step: usize, lane: usize, tile: usize, size: i32, row: i32, empty: f32, notes: usize,
): void {
  const top = v128.load(notes);
  let strange = f32x4.eq(f32x4.abs(top), f32x4.splat(Infinity));
  if (isLoss()) {
    strange = v128.or(strange, i32x4.shr_s(v128.load(INDEX + (<usize>row << 2)), 31));
  }
  if (v128.any_true(strange)) {
    apart(writes, x, step, lane, tile, size, row, empty);
    v128.store(notes, f32x4.splat(NaN));
    v128.store(notes, f32x4.splat(1), FACTORS);
    return;
  }
  if (isLoss()) v128.store(notes, pick(x, step, lane, row), LOGITS);
  const end = tile + LINE * size;
  const shift = shiftOf(top);
  const shifted = f32x4.sub(top, shift);
  if (v128.any_true(shift)) {
    for (let i = tile; i < end; i += LINE) v128.store(i, f32x4.sub(v128.load(i), shift));
  }
  const n = exponentOf(shifted);
  if (keeps(writes)) keepLines(tile, end, n, shifted, doublesOf(notes));
  else sumLines(tile, end, n, doublesOf(notes));
}

/** Up to sixteen rows in the tile, four by four; `row` is the first's place among the numbers per row. */
function compute(writes: bool, x: usize, step: usize, lane: usize, rows: i32, size: i32, row: i32, empty: f32): void {
  const end = endOf(rows);
  let tile = TILE;
  let r = row;
  for (let notes = NOTES; notes < end; notes += 16, tile += 16, r += 4, x += lane << 2) {
    addOthers(writes, x, step, lane, tile, size, r, empty, notes);
  }
  if (isGradient(writes)) {
    tile = TILE;
    r = row;
    for (let notes = NOTES; notes < end; notes += 16, tile += 16, r += 4) {
      if (!isDone(notes)) v128.store(notes, pick(tile, LINE, 4, r), TERMS);
    }
  }
  settle(writes, NOTES, end, row);
}

/** Where the notes of so many rows end. */
// @ts-expect-error: decorator
@inline
function endOf(rows: i32): usize {
  return NOTES + (<usize>(rows + 3) >> 2 << 4);
}

/** The gradients at the targets. */
function putSlopes(out: usize, step: usize, lane: usize, rows: i32, row: i32): void {
  for (let notes = NOTES, end = endOf(rows); notes < end; notes += 16, row += 4, out += lane << 2) {
    if (!isDone(notes)) put(out, step, lane, row, v128.load(notes, SLOPES));
  }
}

/** Out of the tile what was done apart. */
function putApart(out: usize, step: usize, lane: usize, rows: i32, size: i32): void {
  let tile = TILE;
  for (let notes = NOTES, end = endOf(rows); notes < end; notes += 16, tile += 16, out += lane << 2) {
    if (!isDone(notes)) continue;
    for (let i: usize = 0; i < 4; i++) {
      for (let j: usize = 0; j < <usize>size; j++) {
        store<f32>(out + i * lane + j * step, load<f32>(tile + (i << 2) + j * LINE));
      }
    }
  }
}

/** The tile's rows into an array, where they lie one after the other. */
function storeShortRows(out: usize, rows: i32, size: i32, row: i32): void {
  const four = <usize>size << 4;
  let tile = TILE;
  let place = out;
  for (let notes = NOTES, end = endOf(rows); notes < end; notes += 16, tile += 16, place += four) {
    storeRows(place, tile, size, v128.load(notes, FACTORS));
  }
  if (isLoss()) putSlopes(out, 4, <usize>size << 2, rows, row);
}

/** logSoftmax of rows that lie one after the other, of which the notes tell maximum and logarithm. */
function subtractRows(x: usize, out: usize, rows: i32, size: i32): void {
  const bytes = <usize>size << 2;
  const distance = out - x;
  const factor = scalar(INVERSE, constantsNow());
  for (let notes = NOTES, end = endOf(rows); notes < end; notes += 16) {
    for (let lane: usize = 0; lane < 16; lane += 4, x += bytes) {
      if (isDone(notes)) continue;
      subtract(x, x + distance, size, load<f32>(notes + lane), load<f32>(notes + lane, LOGS), factor);
    }
  }
}

/**
 * Rows of `size` floats, one after the other, four by four: where their number is no multiple of
 * four, what lies behind them is taken for rows as well. `out` is 0 where nothing is written.
 */
export function shortRowsOf(x: usize, out: usize, rows: i32, size: i32, empty: f32): void {
  const bytes = <usize>size << 2;
  const writes = out != 0;
  for (let r = 0; r < rows; r += 16, x += bytes << 4, out += bytes << 4) {
    const count = min(16, rows - r);
    let place = x;
    let tile = TILE;
    for (let notes = NOTES, end = endOf(count); notes < end; notes += 16, tile += 16, place += bytes << 2) {
      if (keeps(writes)) loadRows(true, place, tile, size, notes);
      else loadRows(false, place, tile, size, notes);
    }
    compute(writes, x, 4, bytes, count, size, r, empty);
    if (keeps(writes)) storeShortRows(out, count, size, r);
    else if (isLogSoftmax(writes)) {
      subtractRows(x, out, count, size);
      putApart(out, 4, bytes, count, size);
    }
  }
}

/**
 * `outer` times `inner` rows, whose elements lie `pitch` floats apart: a multiple of four, as
 * columns are taken four by four. Sixteen of them are read where there are fewer.
 */
export function columnsOf(
  x: usize, out: usize, outer: i32, size: i32, inner: i32, pitch: i32, empty: f32,
): void {
  const step = <usize>pitch << 2;
  const distance = out - x;
  const writes = out != 0;
  for (let o = 0; o < outer; o++, x += step * size) {
    for (let i = 0; i < inner; i += 16) {
      const columns = min(16, inner - i);
      const from = x + (<usize>i << 2);
      const to = from + distance;
      const row = o * inner + i;
      if (keeps(writes)) loadColumns(true, from, size, step);
      else loadColumns(false, from, size, step);
      compute(writes, from, step, 4, columns, size, row, empty);
      if (keeps(writes)) storeColumns(to, size, step, columns);
      if (isGradient(writes)) putSlopes(to, step, 4, columns, row);
      if (isLogSoftmax(writes)) {
        subtractColumns(from, to, size, step, columns);
        putApart(to, step, 4, columns, size);
      }
    }
  }
}
