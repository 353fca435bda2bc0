/** A sum that is compensated (Knuth): many terms of either sign add up exactly. */
export interface CompensatedSum {
  /** Adds the elements of `values` from `start` to `end`. */
  add(values: ArrayLike<number>, end: number, start?: number): void;
  value(): number;
}

/** A sum, and what its rounding has lost. */
interface Total {
  sum: number;
  error: number;
}

function addTo(total: Total, values: ArrayLike<number>, start: number, end: number): void {
  let { sum, error } = total;
  for (let j = start; j < end; j++) {
    const value = values[j];
    const next = sum + value;
    const added = next - sum;
    error += sum - (next - added) + (value - added);
    sum = next;
  }
  total.sum = sum;
  total.error = error;
}

function correctedSum({ sum, error }: Total): number {
  // The error of an infinite sum is NaN and means nothing.
  return Number.isFinite(sum) ? sum + error : sum;
}

/** Starts a compensated sum at 0. */
export function compensatedSum(): CompensatedSum {
  const total: Total = { sum: 0, error: 0 };
  return {
    add: (values, end, start = 0) => addTo(total, values, start, end),
    value: () => correctedSum(total),
  };
}

/** Returns Σ values, compensated. */
export function sumOf(values: ArrayLike<number>, start = 0, end = values.length): number {
  const total: Total = { sum: 0, error: 0 };
  addTo(total, values, start, end);
  return correctedSum(total);
}
