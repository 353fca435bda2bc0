/**
 * Converts numbers to float32, which kernels read.
 *
 * @param label names the numbers in errors: "crossEntropy: weight".
 * @throws RangeError if a finite number is beyond the range of float32: it would silently become ∞.
 */
export function toFloat32(label: string, numbers: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const floats = Float32Array.from(numbers);
  if (numbers instanceof Float32Array) return floats;
  const wrong = floats.findIndex(
    (float, i) => !Number.isFinite(float) && Number.isFinite(numbers[i]),
  );
  if (wrong < 0) return floats;
  throw new RangeError(
    `${label} must be within ±3.4e38, the range of float32 on the GPU, got ${numbers[wrong]} at element ${wrong}.`,
  );
}
