/** A sum that is compensated (Knuth): many terms of either sign add up exactly. */
export interface CompensatedSum {
  /** Adds the elements of `values` from `start` to `end`. */
  add(values: ArrayLike<number>, end: number, start?: number): void;
  value(): number;
}

/**
 * Four sums, and the rounding error of each. Numbers are added to them in turn. The next number always goes to the
 * first, so the result does not depend on how the numbers are divided into arrays.
 *
 * The additions of one sum wait for each other. Those of four sums do not, and take about a quarter of the time.
 */
interface Totals {
  sum0: number;
  sum1: number;
  sum2: number;
  sum3: number;
  error0: number;
  error1: number;
  error2: number;
  error3: number;
}

function startTotals(): Totals {
  return { sum0: 0, sum1: 0, sum2: 0, sum3: 0, error0: 0, error1: 0, error2: 0, error3: 0 };
}

function addTo(totals: Totals, values: ArrayLike<number>, start: number, end: number): void {
  let { sum0, sum1, sum2, sum3, error0, error1, error2, error3 } = totals;
  let j = start;
  for (; j + 3 < end; j += 4) {
    const next0 = sum0 + values[j];
    const next1 = sum1 + values[j + 1];
    const next2 = sum2 + values[j + 2];
    const next3 = sum3 + values[j + 3];
    error0 += twoSumError(sum0, values[j], next0);
    error1 += twoSumError(sum1, values[j + 1], next1);
    error2 += twoSumError(sum2, values[j + 2], next2);
    error3 += twoSumError(sum3, values[j + 3], next3);
    sum0 = next0;
    sum1 = next1;
    sum2 = next2;
    sum3 = next3;
  }
  for (; j < end; j++) {
    const next = sum0 + values[j];
    const error = error0 + twoSumError(sum0, values[j], next);
    sum0 = sum1;
    sum1 = sum2;
    sum2 = sum3;
    sum3 = next;
    error0 = error1;
    error1 = error2;
    error2 = error3;
    error3 = error;
  }
  totals.sum0 = sum0;
  totals.sum1 = sum1;
  totals.sum2 = sum2;
  totals.sum3 = sum3;
  totals.error0 = error0;
  totals.error1 = error1;
  totals.error2 = error2;
  totals.error3 = error3;
}

/** Returns a + b − `sum` exactly, where `sum` is a + b rounded: Knuth's TwoSum. */
function twoSumError(a: number, b: number, sum: number): number {
  const added = sum - a;
  return a - (sum - added) + (b - added);
}

function correctedSum(totals: Totals): number {
  const { sum0, sum1, sum2, sum3, error0, error1, error2, error3 } = totals;
  const sum01 = sum0 + sum1;
  const sum23 = sum2 + sum3;
  const sum = sum01 + sum23;
  // The error of an infinite sum is NaN and means nothing.
  if (!Number.isFinite(sum)) return sum;
  const error =
    twoSumError(sum0, sum1, sum01) +
    twoSumError(sum2, sum3, sum23) +
    twoSumError(sum01, sum23, sum);
  return sum + (error + (error0 + error1 + (error2 + error3)));
}

/** Starts a compensated sum at 0. */
export function compensatedSum(): CompensatedSum {
  const totals = startTotals();
  return {
    add: (values, end, start = 0) => addTo(totals, values, start, end),
    value: () => correctedSum(totals),
  };
}

/** Returns Σ values, compensated. */
export function sumOf(values: ArrayLike<number>, start = 0, end = values.length): number {
  const totals = startTotals();
  addTo(totals, values, start, end);
  return correctedSum(totals);
}
