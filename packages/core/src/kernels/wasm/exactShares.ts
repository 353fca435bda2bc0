// Float64 probabilities of unmasked classes whose sum is too small for float32.
import { rowOffset } from "../../arrays/layout.ts";
import type { SoftCall } from "./softCall.ts";

/** Probabilities whose sum is less may have lost digits, or become 0, when they were converted to float32. */
const leastExactSum = 2 ** -100;

/** The columns of a block whose rows are side by side: their number, and the distance of a row's elements. */
interface Columns {
  readonly columns: number;
  readonly stride: number;
}

/**
 * Spreads the probabilities of `count` staged rows over their unmasked classes, in float64, where those of unmasked
 * classes are tiny. The kernels spread those of the other rows.
 *
 * @param q the probabilities before they were converted.
 * @param firstRow the number of the first row.
 * @param side the columns, unless rows are adjacent.
 */
export function stageExactShares(
  call: SoftCall,
  q: Float64Array,
  firstRow: number,
  count: number,
  side?: Columns,
): void {
  const { size } = call.layout;
  for (let r = 0; r < count; r++) {
    const offset = rowOffset(firstRow + r, call.layout);
    if (side === undefined) stageRow(call, q, offset, r * size, 1);
    else {
      const { columns, stride } = side;
      const slab = Math.floor(r / columns);
      stageRow(call, q, offset, slab * size * stride + (r % columns), stride);
    }
  }
}

/**
 * Spreads the probabilities of one row if those of unmasked classes are tiny.
 *
 * @param offset the index of the row's first element in `q`.
 * @param start the index of the row's first element in the staging buffer, where its elements are `stride` apart.
 */
function stageRow(
  { instance, layout }: SoftCall,
  q: Float64Array,
  offset: number,
  start: number,
  stride: number,
): void {
  const { staging: logits, stagedProbabilities: probabilities } = instance;
  const { size, inner } = layout;
  let sum = 0;
  let unmaskedSum = 0;
  for (let j = 0; j < size; j++) {
    const probability = q[offset + j * inner];
    sum += probability;
    if (logits[start + j * stride] !== Number.NEGATIVE_INFINITY) unmaskedSum += probability;
  }
  if (unmaskedSum === 0 || unmaskedSum >= leastExactSum) return;
  for (let j = 0, k = start; j < size; j++, k += stride) {
    const isMasked = logits[k] === Number.NEGATIVE_INFINITY;
    probabilities[k] = isMasked ? 0 : (q[offset + j * inner] / unmaskedSum) * sum;
  }
}
