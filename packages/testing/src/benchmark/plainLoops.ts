import { type Batch, rowOffset } from "./batch.ts";

/**
 * The loops that a competent user writes by hand: float32 arrays, float64 in between, the maximum
 * subtracted. Results go to arrays that the caller provides.
 */

type Floats = Float32Array;

/** Returns the largest logit of the row at `start`. */
function rowMax({ logits, classes, stride }: Batch, start: number): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let j = 0, k = start; j < classes; j++, k += stride) if (logits[k] > max) max = logits[k];
  return max;
}

/** Returns the sum of exp(x − max) over the row at `start`. */
function sumExp({ logits, classes, stride }: Batch, start: number, max: number): number {
  let sum = 0;
  for (let j = 0, k = start; j < classes; j++, k += stride) sum += Math.exp(logits[k] - max);
  return sum;
}

/** Writes exp(x − max) of the row at `start` to `out` and returns the sum. */
function storeExp({ logits, classes, stride }: Batch, start: number, max: number, out: Floats) {
  let sum = 0;
  for (let j = 0, k = start; j < classes; j++, k += stride) {
    const exp = Math.exp(logits[k] - max);
    out[k] = exp;
    sum += exp;
  }
  return sum;
}

/** Divides the row of `out` at `start` by a number. */
function divideRow({ classes, stride }: Batch, start: number, divisor: number, out: Floats): void {
  for (let j = 0, k = start; j < classes; j++, k += stride) out[k] /= divisor;
}

/** Writes the softmax of the row at `start` to `out`. */
function softmaxRow(batch: Batch, start: number, out: Floats): void {
  divideRow(batch, start, storeExp(batch, start, rowMax(batch, start), out), out);
}

export function softmaxLoop(batch: Batch, out: Floats): void {
  for (let r = 0; r < batch.targets.length; r++) softmaxRow(batch, rowOffset(batch, r), out);
}

export function logSoftmaxLoop(batch: Batch, out: Floats): void {
  const { logits, targets, classes, stride } = batch;
  for (let r = 0; r < targets.length; r++) {
    const start = rowOffset(batch, r);
    const max = rowMax(batch, start);
    const logSum = Math.log(sumExp(batch, start, max));
    for (let j = 0, k = start; j < classes; j++, k += stride) out[k] = logits[k] - max - logSum;
  }
}

/** Writes the cross-entropy of each row to `losses`. */
export function crossEntropyLoop(batch: Batch, losses: Floats): void {
  const { logits, targets, stride } = batch;
  for (let r = 0; r < targets.length; r++) {
    const start = rowOffset(batch, r);
    const max = rowMax(batch, start);
    const logSum = Math.log(sumExp(batch, start, max));
    losses[r] = logSum - (logits[start + targets[r] * stride] - max);
  }
}

/** Writes the cross-entropy of each row to `losses`, and the gradient of their mean to `out`. */
export function crossEntropyGradientLoop(batch: Batch, losses: Floats, out: Floats): void {
  const { logits, targets, stride } = batch;
  const rows = targets.length;
  for (let r = 0; r < rows; r++) {
    const start = rowOffset(batch, r);
    const max = rowMax(batch, start);
    const sum = storeExp(batch, start, max, out);
    const target = start + targets[r] * stride;
    losses[r] = Math.log(sum) - (logits[target] - max);
    divideRow(batch, start, sum * rows, out);
    out[target] -= 1 / rows;
  }
}

/** Writes the cross-entropy with label smoothing of each row to `losses`, and the gradient of their mean to `out`, if given. */
export function smoothedCrossEntropyLoop(
  batch: Batch,
  smoothing: number,
  losses: Floats,
  out?: Floats,
): void {
  const { logits, targets, classes, stride } = batch;
  const rows = targets.length;
  const uniform = smoothing / classes;
  for (let r = 0; r < rows; r++) {
    const start = rowOffset(batch, r);
    const max = rowMax(batch, start);
    const sum = out ? storeExp(batch, start, max, out) : sumExp(batch, start, max);
    const target = start + targets[r] * stride;
    let loss = Math.log(sum) - (1 - smoothing) * (logits[target] - max);
    for (let j = 0, k = start; j < classes; j++, k += stride) loss -= uniform * (logits[k] - max);
    losses[r] = loss;
    if (out === undefined) continue;
    for (let j = 0, k = start; j < classes; j++, k += stride) {
      out[k] = (out[k] / sum - uniform) / rows;
    }
    out[target] -= (1 - smoothing) / rows;
  }
}

/** Writes −log(softmax) of each row's target to `losses`; the probabilities go to `out`. */
export function softmaxLogNllLoop(batch: Batch, losses: Floats, out: Floats): void {
  const { targets, stride } = batch;
  for (let r = 0; r < targets.length; r++) {
    const start = rowOffset(batch, r);
    softmaxRow(batch, start, out);
    losses[r] = -Math.log(out[start + targets[r] * stride]);
  }
}

/** Writes the target's logit of each row to `out`. */
export function gatherLoop({ logits, targets, classes }: Batch, out: Floats): void {
  for (let r = 0; r < targets.length; r++) out[r] = logits[r * classes + targets[r]];
}

/** Writes the same logits to `out`, as the diagonal of a matrix of every row at every target. */
export function diagonalLoop({ logits, targets, classes }: Batch, out: Floats): void {
  const rows = targets.length;
  const gathered = new Float32Array(rows * rows);
  for (let r = 0; r < rows; r++) {
    for (let s = 0; s < rows; s++) gathered[r * rows + s] = logits[r * classes + targets[s]];
  }
  for (let r = 0; r < rows; r++) out[r] = gathered[r * rows + r];
}

export function meanLoop(losses: Floats): number {
  let total = 0;
  for (let r = 0; r < losses.length; r++) total += losses[r];
  return total / losses.length;
}
