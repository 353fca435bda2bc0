import { crossEntropyKernel } from "@surprisal/core/authoring";
import { forEachRun, type Logits } from "../logits/readLogits.ts";

/** The maximum, the sum of the other exponentials, and the target's logit of each row. */
export interface RowSums {
  readonly max: Float64Array;
  readonly sumExpExcludingMax: Float64Array;
  readonly targetLogit: Float64Array;
}

/**
 * Computes the sums of each row on the kernels: its cross-entropy at the largest logit is log(1 + S).
 *
 * A row of only −∞ has the maximum −∞ and the sum 0; a row with NaN or +∞ has the sum NaN.
 *
 * @param targets the place of the target in each row, or −1.
 */
export function rowSums(logits: Logits, targets: ArrayLike<number>): RowSums {
  const { rows, vocabulary } = logits;
  const max = new Float64Array(rows);
  const sumExpExcludingMax = new Float64Array(rows);
  const targetLogit = new Float64Array(rows).fill(Number.NEGATIVE_INFINITY);
  forEachRun(logits, ({ data, firstRow, rows: count }) => {
    const rowData = {
      load(first: number, n: number, places: Int32Array) {
        for (let i = 0; i < n; i++) {
          const row = firstRow + first + i;
          const start = (first + i) * vocabulary;
          const top = argmaxOf(data, start, start + vocabulary);
          max[row] = data[start + top];
          if (targets[row] >= 0) targetLogit[row] = data[start + targets[row]];
          places[i] = max[row] === Number.NEGATIVE_INFINITY ? -1 : top;
        }
      },
      store(first: number, n: number, values: Float64Array) {
        for (let i = 0; i < n; i++)
          sumExpExcludingMax[firstRow + first + i] = Math.expm1(values[i]);
      },
    };
    crossEntropyKernel(data, { outer: count, size: vocabulary, inner: 1 }, rowData, undefined);
  });
  return { max, sumExpExcludingMax, targetLogit };
}

/** Returns the place of the largest element, or of the first NaN. */
function argmaxOf(data: ArrayLike<number>, start: number, end: number): number {
  let top = start;
  for (let j = start + 1; j < end; j++) {
    if (data[j] <= data[top]) continue;
    if (data[j] > data[top] || Number.isNaN(data[j])) top = j;
    if (Number.isNaN(data[top])) break;
  }
  return top - start;
}
