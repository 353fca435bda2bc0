// The tile holds up to sixteen rows side by side, one in each lane: from rows in one piece by
// transposing, from columns by copying. What comes out of it is multiplied on the way.
import { float, INVERSE, ONE } from "./constants";
import { FACTORS, LINE, LOGS, NOTES, TILE } from "./memory";
import { times } from "./operation";
import { constantsNow } from "./temperature";

/**
 * What goes into the tile: the elements, or of each and the greatest before it the lesser.
 *
 * The latter leaves out the maximum, once, wherever it is: what has to be added up, if not in order.
 */
// @ts-expect-error: decorator
@inline
function kept(inOrder: bool, element: v128, top: v128): v128 {
  return inOrder ? element : f32x4.pmin(element, top);
}

// Of what four by four vectors are transposed with.

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
 * Four rows of `size` floats, one after the other, into the tile; their maxima to `tops`. Behind their
 * ends a bit more is read, but not used.
 */
export function loadRows(inOrder: bool, x: usize, tile: usize, size: i32, tops: usize): void {
  const bytes = <usize>size << 2;
  let top = f32x4.splat(-Infinity);
  for (const end = x + bytes; x < end; x += 16, tile += 4 * LINE) {
    const y = x + bytes;
    const z = y + bytes;
    const a = v128.load(x);
    const b = v128.load(y);
    const c = v128.load(z);
    const d = v128.load(z + bytes);
    const ab = zipLow(a, b);
    const cd = zipLow(c, d);
    top = loadLine(inOrder, lowHalves(ab, cd), tile, top);
    if (x + 4 >= end) break;
    top = loadLine(inOrder, highHalves(ab, cd), tile + LINE, top);
    if (x + 8 >= end) break;
    const ab2 = zipHigh(a, b);
    const cd2 = zipHigh(c, d);
    top = loadLine(inOrder, lowHalves(ab2, cd2), tile + 2 * LINE, top);
    if (x + 12 >= end) break;
    top = loadLine(inOrder, highHalves(ab2, cd2), tile + 3 * LINE, top);
  }
  v128.store(tops, top);
}

// @ts-expect-error: decorator
@inline
function loadLine(inOrder: bool, four: v128, tile: usize, top: v128): v128 {
  v128.store(tile, kept(inOrder, four, top));
  return f32x4.pmax(top, four);
}

/** Four rows out of the tile, each times its factor. */
export function storeRows(out: usize, tile: usize, size: i32, factors: v128): void {
  const one = float(ONE);
  const bytes = <usize>size << 2;
  const whole = bytes & ~15;
  let i: usize = 0;
  for (; i < whole; i += 16, tile += 4 * LINE) {
    const a = times(v128.load(tile), factors, one);
    const b = times(v128.load(tile, LINE), factors, one);
    const c = times(v128.load(tile, 2 * LINE), factors, one);
    const d = times(v128.load(tile, 3 * LINE), factors, one);
    const ab = zipLow(a, b);
    const cd = zipLow(c, d);
    const ab2 = zipHigh(a, b);
    const cd2 = zipHigh(c, d);
    const p = out + i;
    const q = p + bytes;
    const r = q + bytes;
    v128.store(p, lowHalves(ab, cd));
    v128.store(q, highHalves(ab, cd));
    v128.store(r, lowHalves(ab2, cd2));
    v128.store(r + bytes, highHalves(ab2, cd2));
  }
  for (; i < bytes; i += 4, tile += LINE) {
    const p = out + i;
    const q = p + bytes;
    const r = q + bytes;
    const four = times(v128.load(tile), factors, one);
    v128.store_lane<f32>(p, four, 0);
    v128.store_lane<f32>(q, four, 1);
    v128.store_lane<f32>(r, four, 2);
    v128.store_lane<f32>(r + bytes, four, 3);
  }
}

/**
 * Sixteen columns, whose elements lie `step` bytes apart, into the tile; their maxima to the notes.
 * Line by line: with a power of two as the step, no line stays in the cache.
 */
export function loadColumns(inOrder: bool, x: usize, size: i32, step: usize): void {
  let a = f32x4.splat(-Infinity);
  let b = a;
  let c = a;
  let d = a;
  for (let tile = TILE, end = TILE + LINE * size; tile < end; tile += LINE, x += step) {
    a = loadLine(inOrder, v128.load(x), tile, a);
    b = loadLine(inOrder, v128.load(x, 16), tile + 16, b);
    c = loadLine(inOrder, v128.load(x, 32), tile + 32, c);
    d = loadLine(inOrder, v128.load(x, 48), tile + 48, d);
  }
  v128.store(NOTES, a);
  v128.store(NOTES, b, 16);
  v128.store(NOTES, c, 32);
  v128.store(NOTES, d, 48);
}

/** Back, each times its factor, as many as are columns: a multiple of four. */
export function storeColumns(out: usize, size: i32, step: usize, columns: i32): void {
  const one = float(ONE);
  const a = v128.load(NOTES, FACTORS);
  const b = v128.load(NOTES, FACTORS + 16);
  const c = v128.load(NOTES, FACTORS + 32);
  const d = v128.load(NOTES, FACTORS + 48);
  for (let tile = TILE, end = TILE + LINE * size; tile < end; tile += LINE, out += step) {
    v128.store(out, times(v128.load(tile), a, one));
    if (columns > 4) v128.store(out, times(v128.load(tile, 16), b, one), 16);
    if (columns > 8) v128.store(out, times(v128.load(tile, 32), c, one), 32);
    if (columns > 12) v128.store(out, times(v128.load(tile, 48), d, one), 48);
  }
}

/** logSoftmax of sixteen columns, of which the notes tell maximum and logarithm; as many are written as are columns. */
export function subtractColumns(x: usize, out: usize, size: i32, step: usize, columns: i32): void {
  const a = v128.load(NOTES);
  const b = v128.load(NOTES, 16);
  const c = v128.load(NOTES, 32);
  const d = v128.load(NOTES, 48);
  const logA = v128.load(NOTES, LOGS);
  const logB = v128.load(NOTES, LOGS + 16);
  const logC = v128.load(NOTES, LOGS + 32);
  const logD = v128.load(NOTES, LOGS + 48);
  const f = float(INVERSE, constantsNow());
  for (let j = 0; j < size; j++, x += step, out += step) {
    v128.store(out, f32x4.sub(f32x4.mul(f32x4.sub(v128.load(x), a), f), logA));
    if (columns > 4) v128.store(out, f32x4.sub(f32x4.mul(f32x4.sub(v128.load(x, 16), b), f), logB), 16);
    if (columns > 8) v128.store(out, f32x4.sub(f32x4.mul(f32x4.sub(v128.load(x, 32), c), f), logC), 32);
    if (columns > 12) v128.store(out, f32x4.sub(f32x4.mul(f32x4.sub(v128.load(x, 48), d), f), logD), 48);
  }
}
