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

/** Returns the sum of weights, compensated. Four sums at once take half of the time of one. */
export function sumOfWeights(values: Float64Array, end = values.length): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let error0 = 0;
  let error1 = 0;
  let error2 = 0;
  let error3 = 0;
  const whole = end & ~3;
  for (let i = 0; i < whole; i += 4) {
    const next0 = sum0 + values[i];
    const next1 = sum1 + values[i + 1];
    const next2 = sum2 + values[i + 2];
    const next3 = sum3 + values[i + 3];
    const added0 = next0 - sum0;
    const added1 = next1 - sum1;
    const added2 = next2 - sum2;
    const added3 = next3 - sum3;
    error0 += sum0 - (next0 - added0) + (values[i] - added0);
    error1 += sum1 - (next1 - added1) + (values[i + 1] - added1);
    error2 += sum2 - (next2 - added2) + (values[i + 2] - added2);
    error3 += sum3 - (next3 - added3) + (values[i + 3] - added3);
    sum0 = next0;
    sum1 = next1;
    sum2 = next2;
    sum3 = next3;
  }
  const total: Total = { sum: 0, error: 0 };
  addTo(total, [sum0, sum1, sum2, sum3], 0, 4);
  addTo(total, values, whole, end);
  total.error += error0 + error1 + error2 + error3;
  return correctedSum(total);
}
