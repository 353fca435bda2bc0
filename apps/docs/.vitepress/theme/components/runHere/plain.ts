/** What one writes without a library: float32 in and out, float64 between, the maximum subtracted. */

function maxOf(x: Float32Array, start: number, size: number): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let j = start; j < start + size; j++) if (x[j] > max) max = x[j];
  return max;
}

export function plainSoftmax(x: Float32Array, size: number, out: Float32Array): void {
  for (let start = 0; start < x.length; start += size) {
    const max = maxOf(x, start, size);
    let sum = 0;
    for (let j = start; j < start + size; j++) {
      out[j] = Math.exp(x[j] - max);
      sum += out[j];
    }
    for (let j = start; j < start + size; j++) out[j] /= sum;
  }
}

/** The mean over the rows. */
export function plainCrossEntropy(x: Float32Array, targets: Int32Array, size: number): number {
  let total = 0;
  for (let r = 0; r < targets.length; r++) {
    const start = r * size;
    const max = maxOf(x, start, size);
    let sum = 0;
    for (let j = start; j < start + size; j++) sum += Math.exp(x[j] - max);
    total += Math.log(sum) - (x[start + targets[r]] - max);
  }
  return total / targets.length;
}

export function plainGradient(
  x: Float32Array,
  targets: Int32Array,
  size: number,
  out: Float32Array,
): number {
  let total = 0;
  for (let r = 0; r < targets.length; r++) {
    const start = r * size;
    const max = maxOf(x, start, size);
    let sum = 0;
    for (let j = start; j < start + size; j++) {
      out[j] = Math.exp(x[j] - max);
      sum += out[j];
    }
    const scale = 1 / (sum * targets.length);
    for (let j = start; j < start + size; j++) out[j] *= scale;
    out[start + targets[r]] -= 1 / targets.length;
    total += Math.log(sum) - (x[start + targets[r]] - max);
  }
  return total / targets.length;
}
