// The coefficients of rows in which masked classes, whose logit is −∞, are no classes.
import type { SoftCall } from "./softCall.ts";

/** The columns of a block whose rows are side by side: their number, and the distance of a row's elements. */
interface Columns {
  readonly columns: number;
  readonly stride: number;
}

/**
 * Writes the coefficients of `count` rows, without class weights, over the probabilities in the staging buffer. The logits
 * are staged, too, and targets are loaded.
 *
 * q becomes (1 − ε) · q · (Σ q / Σ over unmasked classes) + ε / C at the unmasked classes, of which there are C. If their
 * probabilities are all 0, those of masked classes are left: the loss is infinite then.
 *
 * @param side the columns, unless rows are adjacent.
 */
export function spreadCoefficients(call: SoftCall, count: number, side?: Columns): void {
  const { size } = call.layout;
  for (let r = 0; r < count; r++) {
    if (side === undefined) spreadRow(call, r, r * size, 1);
    else {
      const { columns, stride } = side;
      const slab = Math.floor(r / columns);
      spreadRow(call, r, slab * size * stride + (r % columns), stride);
    }
  }
}

/** Writes the coefficients of one row, whose elements are `stride` apart. */
function spreadRow(call: SoftCall, row: number, start: number, stride: number): void {
  const { instance, layout, q, soft } = call;
  const { staging: logits, stagedProbabilities: coefficients, targets } = instance;
  const { labelSmoothing } = soft;
  const end = start + layout.size * stride;
  const kept = 1 - labelSmoothing;
  // Kernels do not compute ignored rows.
  if (targets[row] < 0) return;
  if (q === undefined) {
    for (let k = start; k < end; k += stride) coefficients[k] = 0;
    coefficients[start + targets[row] * stride] = 1;
  }
  let classes = 0;
  let sum = 0;
  let unmaskedSum = 0;
  for (let k = start; k < end; k += stride) {
    sum += coefficients[k];
    if (logits[k] === Number.NEGATIVE_INFINITY) continue;
    classes++;
    unmaskedSum += coefficients[k];
  }
  const isSpread = unmaskedSum > 0 && unmaskedSum < sum;
  const scale = isSpread ? kept * (sum / unmaskedSum) : kept;
  const scaleOfMasked = isSpread ? 0 : kept;
  // Where all classes are masked, all of them keep coefficients, which make the row NaN.
  const areAllMasked = classes === 0;
  const uniform = labelSmoothing / (areAllMasked ? layout.size : classes);
  for (let k = start; k < end; k += stride) {
    const isMasked = !areAllMasked && logits[k] === Number.NEGATIVE_INFINITY;
    coefficients[k] = isMasked
      ? coefficients[k] * scaleOfMasked
      : coefficients[k] * scale + uniform;
  }
}
