// The overlap of predicted and true regions, for a tile of positions: one row of `columns` positions for each class.
//
// `columns` is a multiple of four. `labels` has an integer for each position: the class index, or −1 where the position
// does not count, whatever the other arrays hold there. `shares` has the target's shares of the classes in the layout of
// the tile; if it is 0, the class of the label has the share 1.
import { demotePair, highMasks, lowMasks, promoteHigh, sumLanes } from "./arithmetic";

/** Returns the shares of a class at four positions. */
// @ts-expect-error: decorator
@inline
function sharesOf(shares: usize, offset: usize, labels: v128, index: i32): v128 {
  if (shares != 0) return v128.load(shares + offset);
  return v128.and(i32x4.eq(labels, i32x4.splat(index)), f32x4.splat(1));
}

/** Returns which positions count: all bits are set there, else none. */
// @ts-expect-error: decorator
@inline
function isCounted(labels: v128): v128 {
  return i32x4.ge_s(labels, i32x4.splat(0));
}

/** Writes, as doubles, the sum of the probabilities of each position that are at most ½. */
export function sumSmaller(p: usize, columns: i32, size: i32, sums: usize): void {
  const stride = <usize>columns << 2;
  const half = f32x4.splat(0.5);
  for (const end = p + stride; p < end; p += 16, sums += 32) {
    let low = f64x2.splat(0);
    let high = low;
    for (let j = 0, k = p; j < size; j++, k += stride) {
      const probability = v128.load(k);
      const smaller = v128.andnot(probability, f32x4.gt(probability, half));
      low = f64x2.add(low, f64x2.promote_low_f32x4(smaller));
      high = f64x2.add(high, promoteHigh(smaller));
    }
    v128.store(sums, low);
    v128.store(sums, high, 16);
  }
}

/**
 * Returns 1 − p of two positions, with its digits. It is `complement`, if that is given. For a softmax, where p is above ½,
 * it is the sum of the other probabilities.
 */
// @ts-expect-error: decorator
@inline
function complementOf(p: v128, isGiven: bool, complement: v128, others: usize): v128 {
  if (isGiven) return complement;
  const rest = f64x2.sub(f64x2.splat(1), p);
  if (others == 0) return rest;
  return v128.bitselect(v128.load(others), rest, f64x2.gt(p, f64x2.splat(0.5)));
}

/** Returns p − t, with its digits where both are close to 1. */
// @ts-expect-error: decorator
@inline
function differenceOf(p: v128, complement: v128, t: v128): v128 {
  return v128.bitselect(f64x2.neg(complement), f64x2.sub(p, t), f64x2.eq(t, f64x2.splat(1)));
}

/** Returns p · (1 − t) or, with `squared`, (p − t)². */
// @ts-expect-error: decorator
@inline
function falsePositiveOf(p: v128, complement: v128, t: v128, squared: bool): v128 {
  if (!squared) return f64x2.mul(p, f64x2.sub(f64x2.splat(1), t));
  const difference = differenceOf(p, complement, t);
  return f64x2.mul(difference, difference);
}

/**
 * Adds three sums over the positions to those of each class: p · t, p · (1 − t) and (1 − p) · t; with `squared`, (p − t)²
 * replaces the second.
 *
 * @param complements 1 − p, in the layout of the tile; 0 if it is computed from p
 * @param others for a softmax, the results of `sumSmaller`, else 0
 */
export function addOverlaps(
  p: usize, complements: usize, others: usize, labels: usize, shares: usize, columns: i32, size: i32, squared: bool,
  sums: usize,
): void {
  const stride = <usize>columns << 2;
  const isGiven = complements != 0;
  for (let j = 0, row: usize = 0; j < size; j++, row += stride, sums += 24) {
    let overlap = f64x2.splat(0);
    let falsePositive = overlap;
    let falseNegative = overlap;
    for (let k: usize = 0; k < stride; k += 16) {
      const label = v128.load(labels + k);
      const counted = isCounted(label);
      const probability = v128.and(v128.load(p + row + k), counted);
      const share = v128.and(sharesOf(shares, row + k, label, j), counted);
      const p0 = f64x2.promote_low_f32x4(probability);
      const p1 = promoteHigh(probability);
      const t0 = f64x2.promote_low_f32x4(share);
      const t1 = promoteHigh(share);
      const complement = isGiven ? v128.and(v128.load(complements + row + k), counted) : probability;
      const ofPosition = others == 0 ? 0 : others + (k << 1);
      const nextPosition = others == 0 ? 0 : ofPosition + 16;
      const c0 = complementOf(p0, isGiven, f64x2.promote_low_f32x4(complement), ofPosition);
      const c1 = complementOf(p1, isGiven, promoteHigh(complement), nextPosition);
      overlap = f64x2.add(overlap, f64x2.add(f64x2.mul(p0, t0), f64x2.mul(p1, t1)));
      falseNegative = f64x2.add(falseNegative, f64x2.add(f64x2.mul(c0, t0), f64x2.mul(c1, t1)));
      falsePositive = f64x2.add(
        falsePositive, f64x2.add(falsePositiveOf(p0, c0, t0, squared), falsePositiveOf(p1, c1, t1, squared)));
    }
    store<f64>(sums, load<f64>(sums) + sumLanes(overlap));
    store<f64>(sums, load<f64>(sums, 8) + sumLanes(falsePositive), 8);
    store<f64>(sums, load<f64>(sums, 16) + sumLanes(falseNegative), 16);
  }
}

/** Returns a · (1 − t) − b · t or, with `squared`, 2a · (p − t) − b · t. */
// @ts-expect-error: decorator
@inline
function derivativeOf(p: v128, complement: v128, t: v128, a: v128, b: v128, squared: bool): v128 {
  let slope = f64x2.sub(f64x2.splat(1), t);
  if (squared) {
    const difference = differenceOf(p, complement, t);
    slope = f64x2.add(difference, difference);
  }
  return f64x2.sub(f64x2.mul(a, slope), f64x2.mul(b, t));
}

/**
 * Writes the derivatives with respect to the probabilities of four positions: two vectors for each class.
 *
 * @param slopes two doubles a and b for each class, see `derivativeOf`. Both are 0 for a class that does not count.
 */
// @ts-expect-error: decorator
@inline
function storeDerivatives(
  p: usize, complements: usize, others: usize, label: v128, shares: usize, stride: usize, size: i32, squared: bool,
  slopes: usize, derivatives: usize,
): void {
  const isGiven = complements != 0;
  for (let j = 0, row: usize = 0; j < size; j++, row += stride, slopes += 16, derivatives += 32) {
    if (load<f64>(slopes) == 0 && load<f64>(slopes, 8) == 0) {
      v128.store(derivatives, f64x2.splat(0));
      v128.store(derivatives, f64x2.splat(0), 16);
      continue;
    }
    const a = v128.load64_splat(slopes);
    const b = v128.load64_splat(slopes, 8);
    const probability = v128.load(p + row);
    const complement = isGiven ? v128.load(complements + row) : probability;
    const share = sharesOf(shares, row, label, j);
    const p0 = f64x2.promote_low_f32x4(probability);
    const p1 = promoteHigh(probability);
    const c0 = complementOf(p0, isGiven, f64x2.promote_low_f32x4(complement), others);
    const c1 = complementOf(p1, isGiven, promoteHigh(complement), others == 0 ? 0 : others + 16);
    const d0 = derivativeOf(p0, c0, f64x2.promote_low_f32x4(share), a, b, squared);
    const d1 = derivativeOf(p1, c1, promoteHigh(share), a, b, squared);
    v128.store(derivatives, d0);
    v128.store(derivatives, d1, 16);
  }
}

/**
 * Replaces softmax probabilities by the derivatives with respect to the logits, pⱼ (dⱼ − Σ p d). The sum is taken relative
 * to the most probable class, so that nothing cancels.
 */
// @ts-expect-error: decorator
@inline
function throughSoftmax(p: usize, stride: usize, size: i32, counted: v128, derivatives: usize): void {
  let largest = v128.load(p);
  let own0 = v128.load(derivatives);
  let own1 = v128.load(derivatives, 16);
  for (let j = 1, k = p + stride, d = derivatives + 32; j < size; j++, k += stride, d += 32) {
    const probability = v128.load(k);
    const isLarger = f32x4.gt(probability, largest);
    largest = v128.bitselect(probability, largest, isLarger);
    own0 = v128.bitselect(v128.load(d), own0, lowMasks(isLarger));
    own1 = v128.bitselect(v128.load(d, 16), own1, highMasks(isLarger));
  }
  let excess0 = f64x2.splat(0);
  let excess1 = excess0;
  for (let j = 0, k = p, d = derivatives; j < size; j++, k += stride, d += 32) {
    const probability = v128.load(k);
    excess0 = f64x2.add(
      excess0, f64x2.mul(f64x2.promote_low_f32x4(probability), f64x2.sub(own0, v128.load(d))));
    excess1 = f64x2.add(excess1, f64x2.mul(promoteHigh(probability), f64x2.sub(own1, v128.load(d, 16))));
  }
  for (let j = 0, k = p, d = derivatives; j < size; j++, k += stride, d += 32) {
    const probability = v128.load(k);
    const g0 = f64x2.add(f64x2.sub(v128.load(d), own0), excess0);
    const g1 = f64x2.add(f64x2.sub(v128.load(d, 16), own1), excess1);
    const gradient = demotePair(
      f64x2.mul(f64x2.promote_low_f32x4(probability), g0), f64x2.mul(promoteHigh(probability), g1));
    v128.store(k, v128.and(gradient, counted));
  }
}

/** Replaces probabilities by derivatives: with respect to the logits of a sigmoid if there are complements, else to p. */
// @ts-expect-error: decorator
@inline
function throughSigmoid(
  p: usize, complements: usize, stride: usize, size: i32, counted: v128, derivatives: usize,
): void {
  const zero = f64x2.splat(0);
  for (let j = 0, row: usize = 0, d = derivatives; j < size; j++, row += stride, d += 32) {
    let d0 = v128.load(d);
    let d1 = v128.load(d, 16);
    if (complements != 0) {
      const probability = v128.load(p + row);
      const complement = v128.load(complements + row);
      const slope0 = f64x2.mul(f64x2.promote_low_f32x4(probability), f64x2.promote_low_f32x4(complement));
      const slope1 = f64x2.mul(promoteHigh(probability), promoteHigh(complement));
      // A class that does not count has no gradient, even if its element is NaN.
      d0 = v128.andnot(f64x2.mul(d0, slope0), f64x2.eq(d0, zero));
      d1 = v128.andnot(f64x2.mul(d1, slope1), f64x2.eq(d1, zero));
    }
    v128.store(p + row, v128.and(demotePair(d0, d1), counted));
  }
}

/**
 * Replaces the probabilities by the gradient: through the softmax if `others` are given, through the sigmoid if
 * `complements` are. `derivatives` is room for four doubles for each class.
 */
export function overlapGradient(
  p: usize, complements: usize, others: usize, labels: usize, shares: usize, columns: i32, size: i32, squared: bool,
  slopes: usize, derivatives: usize,
): void {
  const stride = <usize>columns << 2;
  for (let k: usize = 0; k < stride; k += 16) {
    const label = v128.load(labels + k);
    const counted = isCounted(label);
    const ofPosition = others == 0 ? 0 : others + (k << 1);
    const shareColumn = shares == 0 ? 0 : shares + k;
    const complementColumn = complements == 0 ? 0 : complements + k;
    storeDerivatives(
      p + k, complementColumn, ofPosition, label, shareColumn, stride, size, squared, slopes, derivatives);
    if (others != 0) throughSoftmax(p + k, stride, size, counted, derivatives);
    else throughSigmoid(p + k, complementColumn, stride, size, counted, derivatives);
  }
}

/** Copies successive positions of `size` floats to the rows of a tile. Up to three positions behind the last are read. */
export function rowsToTile(from: usize, to: usize, columns: i32, size: i32): void {
  const stride = <usize>columns << 2;
  const bytes = <usize>size << 2;
  for (const end = to + stride; to < end; to += 16, from += bytes << 2) {
    for (let j = 0, k = from, row = to; j < size; j++, k += 4, row += stride) {
      let column = v128.load32_zero(k);
      column = v128.load_lane<f32>(k + bytes, column, 1);
      column = v128.load_lane<f32>(k + (bytes << 1), column, 2);
      v128.store(row, v128.load_lane<f32>(k + bytes * 3, column, 3));
    }
  }
}

/** Copies the rows of a tile to successive positions. Up to three positions behind the last are written. */
export function tileToRows(from: usize, to: usize, columns: i32, size: i32): void {
  const stride = <usize>columns << 2;
  const bytes = <usize>size << 2;
  for (const end = from + stride; from < end; from += 16, to += bytes << 2) {
    for (let j = 0, k = to, row = from; j < size; j++, k += 4, row += stride) {
      const column = v128.load(row);
      v128.store_lane<f32>(k, column, 0);
      v128.store_lane<f32>(k + bytes, column, 1);
      v128.store_lane<f32>(k + (bytes << 1), column, 2);
      v128.store_lane<f32>(k + bytes * 3, column, 3);
    }
  }
}
