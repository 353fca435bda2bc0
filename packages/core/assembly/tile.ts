// The tile holds up to sixteen rows interleaved: each vector of 16 bytes holds the same element of four rows.
// Contiguous rows are transposed into it, strided rows are copied. Rows are unpacked to `out` times a factor.
import { HALF, INVERSE_TEMPERATURE, ONE, splatConstant } from "./constants";
import { LOG_SUMS, ROW_STATS, SCALE_FACTORS, TILE_STRIDE } from "./memory";
import { scaleAndClamp } from "./operation";
import { activeConstants } from "./temperature";

/**
 * Returns the values to store in the tile for one element of each of four rows. `max` holds the maxima of the
 * elements before it.
 *
 * With `keepsOrder` these are the elements. Otherwise they are the smaller of element and maximum: over a whole
 * row, this drops one occurrence of the maximum and adds −∞, so that the sum over the tile excludes the maximum.
 */
// @ts-expect-error: decorator
@inline
function tileElement(keepsOrder: bool, element: v128, max: v128): v128 {
  return keepsOrder ? element : f32x4.pmin(element, max);
}

// The shuffles of a 4 × 4 transpose.

// @ts-expect-error: decorator
@inline
function zipLow(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 4, 1, 5);
}

// @ts-expect-error: decorator
@inline
function zipHigh(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 2, 6, 3, 7);
}

// @ts-expect-error: decorator
@inline
function lowHalves(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(a, b, 0, 2);
}

// @ts-expect-error: decorator
@inline
function highHalves(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(a, b, 1, 3);
}

/**
 * Packs four successive rows of `size` floats into the tile and stores their maxima at `stats`. It reads up to
 * 12 bytes beyond the last row and ignores them.
 */
export function packContiguousRows(keepsOrder: bool, x: usize, tile: usize, size: i32, stats: usize): void {
  const bytes = <usize>size << 2;
  let max = f32x4.splat(-Infinity);
  for (const end = x + bytes; x < end; x += 16, tile += 4 * TILE_STRIDE) {
    const row1 = x + bytes;
    const row2 = row1 + bytes;
    const a = v128.load(x);
    const b = v128.load(row1);
    const c = v128.load(row2);
    const d = v128.load(row2 + bytes);
    const ab = zipLow(a, b);
    const cd = zipLow(c, d);
    max = packVector(keepsOrder, lowHalves(ab, cd), tile, max);
    if (x + 4 >= end) break;
    max = packVector(keepsOrder, highHalves(ab, cd), tile + TILE_STRIDE, max);
    if (x + 8 >= end) break;
    const abHigh = zipHigh(a, b);
    const cdHigh = zipHigh(c, d);
    max = packVector(keepsOrder, lowHalves(abHigh, cdHigh), tile + 2 * TILE_STRIDE, max);
    if (x + 12 >= end) break;
    max = packVector(keepsOrder, highHalves(abHigh, cdHigh), tile + 3 * TILE_STRIDE, max);
  }
  v128.store(stats, max);
}

/** Stores one element of each of four rows in the tile and returns the maxima so far. */
// @ts-expect-error: decorator
@inline
function packVector(keepsOrder: bool, elements: v128, tile: usize, max: v128): v128 {
  v128.store(tile, tileElement(keepsOrder, elements, max));
  return f32x4.pmax(max, elements);
}

/** Writes four rows of the tile, each times its factor, as successive rows of `size` floats to `out`. */
export function unpackContiguousRows(out: usize, tile: usize, size: i32, factors: v128): void {
  const one = splatConstant(ONE);
  const bytes = <usize>size << 2;
  const vectorBytes = bytes & ~15;
  let i: usize = 0;
  for (; i < vectorBytes; i += 16, tile += 4 * TILE_STRIDE) {
    const a = scaleAndClamp(v128.load(tile), factors, one);
    const b = scaleAndClamp(v128.load(tile, TILE_STRIDE), factors, one);
    const c = scaleAndClamp(v128.load(tile, 2 * TILE_STRIDE), factors, one);
    const d = scaleAndClamp(v128.load(tile, 3 * TILE_STRIDE), factors, one);
    const ab = zipLow(a, b);
    const cd = zipLow(c, d);
    const abHigh = zipHigh(a, b);
    const cdHigh = zipHigh(c, d);
    const row0 = out + i;
    const row1 = row0 + bytes;
    const row2 = row1 + bytes;
    v128.store(row0, lowHalves(ab, cd));
    v128.store(row1, highHalves(ab, cd));
    v128.store(row2, lowHalves(abHigh, cdHigh));
    v128.store(row2 + bytes, highHalves(abHigh, cdHigh));
  }
  for (; i < bytes; i += 4, tile += TILE_STRIDE) {
    const row0 = out + i;
    const row1 = row0 + bytes;
    const row2 = row1 + bytes;
    const elements = scaleAndClamp(v128.load(tile), factors, one);
    v128.store_lane<f32>(row0, elements, 0);
    v128.store_lane<f32>(row1, elements, 1);
    v128.store_lane<f32>(row2, elements, 2);
    v128.store_lane<f32>(row2 + bytes, elements, 3);
  }
}

/**
 * Packs sixteen strided rows into a tile and stores their maxima in ROW_STATS. The elements of a row are
 * `stride` bytes apart, the rows 4 bytes.
 *
 * The loop reads the same element of all rows before the next element. Reading row by row would evict each
 * cache line before its next use if the stride is a power of 2.
 */
export function packStridedRows(keepsOrder: bool, x: usize, tile: usize, size: i32, stride: usize): void {
  let a = f32x4.splat(-Infinity);
  let b = a;
  let c = a;
  let d = a;
  for (const end = tile + TILE_STRIDE * size; tile < end; tile += TILE_STRIDE, x += stride) {
    a = packVector(keepsOrder, v128.load(x), tile, a);
    b = packVector(keepsOrder, v128.load(x, 16), tile + 16, b);
    c = packVector(keepsOrder, v128.load(x, 32), tile + 32, c);
    d = packVector(keepsOrder, v128.load(x, 48), tile + 48, d);
  }
  v128.store(ROW_STATS, a);
  v128.store(ROW_STATS, b, 16);
  v128.store(ROW_STATS, c, 32);
  v128.store(ROW_STATS, d, 48);
}

/**
 * Writes the rows of a tile, each times its factor, as strided rows to `out`. `rows` is rounded up to a
 * multiple of four.
 */
export function unpackStridedRows(out: usize, tile: usize, size: i32, stride: usize, rows: i32): void {
  const one = splatConstant(ONE);
  const a = v128.load(ROW_STATS, SCALE_FACTORS);
  const b = v128.load(ROW_STATS, SCALE_FACTORS + 16);
  const c = v128.load(ROW_STATS, SCALE_FACTORS + 32);
  const d = v128.load(ROW_STATS, SCALE_FACTORS + 48);
  for (const end = tile + TILE_STRIDE * size; tile < end; tile += TILE_STRIDE, out += stride) {
    v128.store(out, scaleAndClamp(v128.load(tile), a, one));
    if (rows > 4) v128.store(out, scaleAndClamp(v128.load(tile, 16), b, one), 16);
    if (rows > 8) v128.store(out, scaleAndClamp(v128.load(tile, 32), c, one), 32);
    if (rows > 12) v128.store(out, scaleAndClamp(v128.load(tile, 48), d, one), 48);
  }
}

/**
 * Writes the logSoftmax of `rows` strided rows at `x` to `out`, given their maxima and logarithms in ROW_STATS.
 * `rows` is rounded up to a multiple of four.
 */
export function logSoftmaxStridedRows(x: usize, out: usize, size: i32, stride: usize, rows: i32): void {
  const half = splatConstant(HALF);
  const a = f32x4.mul(v128.load(ROW_STATS), half);
  const b = f32x4.mul(v128.load(ROW_STATS, 16), half);
  const c = f32x4.mul(v128.load(ROW_STATS, 32), half);
  const d = f32x4.mul(v128.load(ROW_STATS, 48), half);
  const logA = v128.load(ROW_STATS, LOG_SUMS);
  const logB = v128.load(ROW_STATS, LOG_SUMS + 16);
  const logC = v128.load(ROW_STATS, LOG_SUMS + 32);
  const logD = v128.load(ROW_STATS, LOG_SUMS + 48);
  const factor = splatConstant(INVERSE_TEMPERATURE, activeConstants());
  const f = f32x4.add(factor, factor);
  for (let j = 0; j < size; j++, x += stride, out += stride) {
    v128.store(out, logSoftmaxOf(v128.load(x), half, a, f, logA));
    if (rows > 4) v128.store(out, logSoftmaxOf(v128.load(x, 16), half, b, f, logB), 16);
    if (rows > 8) v128.store(out, logSoftmaxOf(v128.load(x, 32), half, c, f, logC), 32);
    if (rows > 12) v128.store(out, logSoftmaxOf(v128.load(x, 48), half, d, f, logD), 48);
  }
}

/** Returns (x − max) · factor − logSum by way of halves: see `shiftScaleSubtract`. */
// @ts-expect-error: decorator
@inline
function logSoftmaxOf(x: v128, half: v128, halfMax: v128, twiceFactor: v128, logSum: v128): v128 {
  return f32x4.sub(f32x4.mul(f32x4.sub(f32x4.mul(x, half), halfMax), twiceFactor), logSum);
}
