/**
 * A sum without rounding errors: finite parts that add up to it, of increasing magnitude, whose bits do not
 * overlap. A sum that is not finite is one of the strings, so that the sum is plain JSON.
 *
 * Source: Shewchuk, "Adaptive Precision Floating-Point Arithmetic" (1997).
 */
export type ExactSum = readonly number[] | "NaN" | "Infinity" | "-Infinity";

/** Adds numbers, and other sums, without rounding errors. The result does not depend on their order. */
export interface ExactSummation {
  add(value: number): void;
  /** Returns the sum as plain JSON, which `exactSummation` goes on from. */
  state(): ExactSum;
  /** Returns the sum, correctly rounded to float64. */
  value(): number;
}

/**
 * Starts an exact sum.
 *
 * @param start the sum so far. Its parts may overlap: the joined lists of two states are a sum, too.
 */
export function exactSummation(start: ExactSum = []): ExactSummation {
  const parts: number[] = [];
  // The sum of all values that are not finite. It replaces the parts.
  let special = 0;

  const summation: ExactSummation = {
    add(value) {
      if (value - value !== 0) special += value;
      else {
        addToParts(parts, value);
        const largest = parts.at(-1) ?? 0;
        if (Number.isFinite(largest)) return;
        // The sum has left float64.
        special += largest;
        parts.length = 0;
      }
    },
    state: () => (special === 0 ? [...parts] : (String(special) as ExactSum)),
    value: () => (special === 0 ? roundParts(parts) : special),
  };
  addExactSum(summation, start);
  return summation;
}

/** Adds one exact sum to another. */
export function addExactSum(total: ExactSummation, sum: ExactSum): void {
  if (typeof sum === "string") total.add(Number(sum));
  else for (const part of sum) total.add(part);
}

/** Adds a finite number to the parts: each addition leaves its rounding error as a smaller part. */
function addToParts(parts: number[], value: number): void {
  let sum = value;
  let count = 0;
  for (const part of parts) {
    const larger = Math.abs(sum) < Math.abs(part) ? part : sum;
    const smaller = larger === sum ? part : sum;
    const next = larger + smaller;
    const error = smaller - (next - larger);
    if (error !== 0) parts[count++] = error;
    sum = next;
  }
  parts.length = count;
  if (sum !== 0) parts.push(sum);
}

/** Returns the sum of the parts, rounded once. */
function roundParts(parts: readonly number[]): number {
  let i = parts.length - 1;
  if (i < 0) return 0;
  let sum = parts[i];
  let error = 0;
  while (i > 0 && error === 0) {
    const part = parts[--i];
    const next = sum + part;
    error = part - (next - sum);
    sum = next;
  }
  // The parts below decide a tie, which the last addition has rounded to even.
  if (i > 0 && Math.sign(error) === Math.sign(parts[i - 1])) {
    const twice = 2 * error;
    const next = sum + twice;
    if (next - sum === twice) sum = next;
  }
  return sum;
}
