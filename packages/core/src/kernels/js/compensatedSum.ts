/** A sum that values are added to block by block, compensated (Knuth): many terms of either sign add up exactly. */
export interface CompensatedSum {
  /** Those up to `end`. */
  add(values: ArrayLike<number>, end: number, from?: number): void;
  value(): number;
}

export function compensatedSum(): CompensatedSum {
  let total = 0;
  let totalLost = 0;
  return {
    add(values, end, from = 0) {
      let sum = total;
      let lost = totalLost;
      for (let j = from; j < end; j++) {
        const value = values[j];
        const next = sum + value;
        const added = next - sum;
        lost += sum - (next - added) + (value - added);
        sum = next;
      }
      total = sum;
      totalLost = lost;
    },
    // An infinite sum has lost NaN, which says nothing.
    value: () => (Number.isFinite(total) ? total + totalLost : total),
  };
}

/** Σ values, compensated. */
export function sumOf(values: ArrayLike<number>, from = 0, end = values.length): number {
  const sum = compensatedSum();
  sum.add(values, end, from);
  return sum.value();
}
