/** A sum that is compensated (Knuth): many terms of either sign add up exactly. */
export interface CompensatedSum {
  /** Adds the elements of `values` from `start` to `end`. */
  add(values: ArrayLike<number>, end: number, start?: number): void;
  value(): number;
}

/** Starts a compensated sum at 0. */
export function compensatedSum(): CompensatedSum {
  let total = 0;
  let totalError = 0;
  return {
    add(values, end, start = 0) {
      let sum = total;
      let error = totalError;
      for (let j = start; j < end; j++) {
        const value = values[j];
        const next = sum + value;
        const added = next - sum;
        error += sum - (next - added) + (value - added);
        sum = next;
      }
      total = sum;
      totalError = error;
    },
    // The error of an infinite sum is NaN and means nothing.
    value: () => (Number.isFinite(total) ? total + totalError : total),
  };
}

/** Returns Σ values, compensated. */
export function sumOf(values: ArrayLike<number>, start = 0, end = values.length): number {
  let sum = 0;
  let error = 0;
  for (let j = start; j < end; j++) {
    const value = values[j];
    const next = sum + value;
    const added = next - sum;
    error += sum - (next - added) + (value - added);
    sum = next;
  }
  return Number.isFinite(sum) ? sum + error : sum;
}
