// The coefficients of rows in which masked classes, whose logit is −∞, are no classes.
import { rowOffset } from "../../arrays/layout.ts";
import type { KernelArray } from "../../types.ts";
import type { SoftCall } from "./softCall.ts";

/** Probabilities whose sum is less may have lost digits, or become 0, when they were converted to float32. */
const leastExactSum = 2 ** -100;

/** The columns of a block whose rows are side by side: their number, and the distance of a row's elements. */
interface Columns {
  readonly columns: number;
  readonly stride: number;
}

/**
 * Writes the coefficients of `count` rows, without class weights, over the probabilities in the staging buffer. The logits
 * are staged, too, and targets are loaded.
 *
 * The coefficient of an unmasked class is (1 − ε) · q · s + ε / C. C is the number of unmasked classes, and s is the sum of
 * all probabilities over that of the unmasked classes. If the latter is 0, masked classes keep their probabilities, and the
 * loss is infinite.
 *
 * @param firstRow the number of the first row.
 * @param side the columns, unless rows are adjacent.
 */
export function spreadCoefficients(
  call: SoftCall,
  firstRow: number,
  count: number,
  side?: Columns,
): void {
  const { size } = call.layout;
  for (let r = 0; r < count; r++) {
    if (side === undefined) spreadRow(call, firstRow, r, r * size, 1);
    else {
      const { columns, stride } = side;
      const slab = Math.floor(r / columns);
      spreadRow(call, firstRow, r, slab * size * stride + (r % columns), stride);
    }
  }
}

/** Writes the coefficients of one row, whose elements are `stride` apart. */
function spreadRow(
  call: SoftCall,
  firstRow: number,
  row: number,
  start: number,
  stride: number,
): void {
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
  let { classes, sum, unmaskedSum } = sumRow(call, start, stride);
  if (q !== undefined && unmaskedSum < leastExactSum) {
    spreadExactly(call, q, rowOffset(firstRow + row, layout), start, stride);
    ({ classes, sum, unmaskedSum } = sumRow(call, start, stride));
  }
  // The sums may be equal although masked classes have probabilities: tiny ones.
  const isSpread = unmaskedSum > 0 && classes < layout.size;
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

/** Counts the unmasked classes of a row, and sums up its probabilities. */
function sumRow({ instance, layout }: SoftCall, start: number, stride: number) {
  const { staging: logits, stagedProbabilities: probabilities } = instance;
  let classes = 0;
  let sum = 0;
  let unmaskedSum = 0;
  for (let k = start, end = start + layout.size * stride; k < end; k += stride) {
    sum += probabilities[k];
    if (logits[k] === Number.NEGATIVE_INFINITY) continue;
    classes++;
    unmaskedSum += probabilities[k];
  }
  return { classes, sum, unmaskedSum };
}

/**
 * Spreads the probabilities of a row over the unmasked classes before they are converted to float32. Those of masked
 * classes alone are left.
 *
 * @param q the probabilities, of any element type.
 * @param offset the index of the row's first element in them.
 */
function spreadExactly(
  { instance, layout }: SoftCall,
  q: KernelArray,
  offset: number,
  start: number,
  stride: number,
): void {
  const { staging: logits, stagedProbabilities: probabilities } = instance;
  const { size, inner } = layout;
  const isMasked = (j: number) => logits[start + j * stride] === Number.NEGATIVE_INFINITY;
  let sum = 0;
  let unmaskedSum = 0;
  for (let j = 0; j < size; j++) {
    const probability = q[offset + j * inner];
    sum += probability;
    if (!isMasked(j)) unmaskedSum += probability;
  }
  if (unmaskedSum === 0) return;
  for (let j = 0; j < size; j++) {
    const share = isMasked(j) ? 0 : q[offset + j * inner] / unmaskedSum;
    probabilities[start + j * stride] = share * sum;
  }
}
