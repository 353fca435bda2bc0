// The elements of four rows at their target classes. `stride` is the distance in bytes between successive elements of a row,
// `rowStride` that between successive rows, and `targets` the address of the four classes.

/** Returns the elements. */
// @ts-expect-error: decorator
@inline
export function gatherTargets(x: usize, stride: usize, rowStride: usize, targets: usize): v128 {
  let elements = v128.load32_zero(x + load<u32>(targets) * stride);
  elements = v128.load_lane<f32>(x + rowStride + load<u32>(targets, 4) * stride, elements, 1);
  elements = v128.load_lane<f32>(x + rowStride * 2 + load<u32>(targets, 8) * stride, elements, 2);
  return v128.load_lane<f32>(x + rowStride * 3 + load<u32>(targets, 12) * stride, elements, 3);
}

/** Writes the elements. */
// @ts-expect-error: decorator
@inline
export function scatterTargets(out: usize, stride: usize, rowStride: usize, targets: usize, elements: v128): void {
  v128.store_lane<f32>(out + load<u32>(targets) * stride, elements, 0);
  v128.store_lane<f32>(out + rowStride + load<u32>(targets, 4) * stride, elements, 1);
  v128.store_lane<f32>(out + rowStride * 2 + load<u32>(targets, 8) * stride, elements, 2);
  v128.store_lane<f32>(out + rowStride * 3 + load<u32>(targets, 12) * stride, elements, 3);
}
