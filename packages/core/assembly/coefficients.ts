// The coefficients c of the classes of soft targets: class probabilities, label smoothing and class weights.
//
// c is weight · (scale · q + offset), for probabilities q. For class indices, TARGET_COEFFICIENTS is added at the target.
import { maddF32 } from "./arithmetic";
import { targetOf } from "./contiguousRows";
import { TAIL_BUFFER } from "./memory";

/** Stand-ins for probabilities and for class weights, where there are none. */
export const ZEROS: usize = memory.data<f32>([0, 0, 0, 0]);
export const ONES: usize = memory.data<f32>([1, 1, 1, 1]);

export let scale: f32;
export let offset: f32;
/** The address of the class weights, or ONES. */
export let weights: usize;
/** Whether a class other than the target can have a coefficient. */
export let hasCoefficients: bool;
/** The factor of the penalty zLoss · logSumExp² that is added to each value. */
export let zLoss: f64;

/**
 * Sets how coefficients are computed.
 *
 * @param weightArray the address of the class weights (of a row in pieces, those of the piece), or 0 for none
 * @param zLossFactor the factor of logSumExp²
 */
export function setCoefficients(probabilityScale: f32, uniform: f32, weightArray: usize, zLossFactor: f64): void {
  scale = probabilityScale;
  offset = uniform;
  weights = weightArray == 0 ? ONES : weightArray;
  hasCoefficients = scale != 0 || offset != 0;
  zLoss = zLossFactor;
}

/** Sets the factor of logSumExp² alone, for rows whose targets are class indices. */
export function setZLoss(factor: f64): void {
  zLoss = factor;
}

/** Returns the distance between successive class weights in bytes, or 0 if there are none. */
// @ts-expect-error: decorator
@inline
export function weightStride(bytes: usize): usize {
  return weights == ONES ? 0 : bytes;
}

/** How coefficients are computed: the same for all classes, from probabilities alone, or with class weights. */
export enum Kind {
  UNIFORM,
  PROBABILITIES,
  WEIGHTED,
}

/** Returns coefficients: of one class in four rows if `interleaved`, else of four classes. */
// @ts-expect-error: decorator
@inline
export function coefficientsOf(interleaved: bool, kind: Kind, q: usize, weight: usize, scales: v128, offsets: v128): v128 {
  if (kind == Kind.UNIFORM) return offsets;
  const c = maddF32(v128.load(q), scales, offsets);
  if (kind == Kind.PROBABILITIES) return c;
  return f32x4.mul(c, interleaved ? v128.load32_splat(weight) : v128.load(weight));
}

/** Returns the coefficient of the class at a distance in bytes from the start of a contiguous row, or of a piece. */
export function coefficientAt(q: usize, bytes: usize): f32 {
  const probability: f32 = q == 0 ? 0 : load<f32>(q + bytes);
  return (probability * scale + offset) * load<f32>(weights + weightStride(bytes));
}

/** Returns the coefficient that a class has without being the target, counted from the start of the row or piece. */
// @ts-expect-error: decorator
@inline
export function uniformCoefficient(index: i32): f32 {
  return offset * load<f32>(weights + weightStride(<usize>index << 2));
}

/** Returns the coefficients that the target classes of four rows have without being targets. */
// @ts-expect-error: decorator
@inline
export function uniformCoefficients(row: i32): v128 {
  if (weights == ONES) return f32x4.splat(offset);
  return f32x4(
    uniformCoefficient(targetOf(row)), uniformCoefficient(targetOf(row + 1)),
    uniformCoefficient(targetOf(row + 2)), uniformCoefficient(targetOf(row + 3)),
  );
}

// The last, incomplete vector of a contiguous row is computed in TAIL_BUFFER, padded with class weights of 0.
export const TAIL_Q: usize = TAIL_BUFFER + 16;
export const TAIL_WEIGHTS: usize = TAIL_BUFFER + 32;

/** Copies the elements from `vectorSize` on, fewer than four, to TAIL_BUFFER. */
export function loadTail(x: usize, q: usize, vectorSize: i32, bytes: usize): void {
  memory.fill(TAIL_BUFFER, 0, 48);
  const start = <usize>vectorSize << 2;
  memory.copy(TAIL_BUFFER, x + start, bytes);
  if (q != 0) memory.copy(TAIL_Q, q + start, bytes);
  memory.copy(TAIL_WEIGHTS, weights + weightStride(start), bytes);
}
