/**
 * 2^(1 − i): from a table, since a power costs more than the whole polynomial. Twice 2^−i, so that
 * what rounds up to the smallest number of all has a power, too.
 */
const powers = Float64Array.from({ length: 1080 }, (_, i) => 2 ** (1 - i));

// ln 2 in two parts (fdlibm's): the first has 33 bits, so that its products with n are exact.
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;

/**
 * exp(x + off) for x ≤ 0, where off is below x's last place; NaN stays NaN.
 *
 * x = r − n·ln 2 after Cody and Waite (1980), then the Taylor series, whose first term left out is
 * below 5e-18 for |r| ≤ ln 2 / 2. Faster than `Math.exp`, even with `off`, and the same to the last
 * bit in every engine.
 */
export function expBelowZero(x: number, off: number): number {
  if (x < -747) return 0;
  const n = (0.5 - x * Math.LOG2E) | 0;
  const r = x + n * ln2High + (n * ln2Low + off);
  const r2 = r * r;
  const r4 = r2 * r2;
  // Σ r^k / k! from k = 2 to 13, in pairs of pairs: one after the other would wait for each.
  const low = 1 / 2 + r * (1 / 6) + r2 * (1 / 24 + r * (1 / 120));
  const middle = 1 / 720 + r * (1 / 5040) + r2 * (1 / 40320 + r * (1 / 362880));
  const high = 1 / 3628800 + r * (1 / 39916800) + r2 * (1 / 479001600 + r * (1 / 6227020800));
  return powers[n] * (0.5 * (1 + (r + r2 * (low + r4 * (middle + r4 * high)))));
}
