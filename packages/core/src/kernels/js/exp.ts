/** 2^(1 − i). Twice 2^−i, so that what rounds up to the smallest number of all has a power, too. */
const powers = /* @__PURE__ */ Float64Array.from({ length: 1080 }, (_, i) => 2 ** (1 - i));

const unit = 2 ** 128;

/** 2^(−j/16) / 2, times the unit: with whole numbers, all engines round alike. */
function exactRoots(): bigint[] {
  const step = 325855510927366467338765757798166302659n; // 2^(−1/16)
  const found = [1n << 127n];
  while (found.length < 16) found.push((found[found.length - 1] * step) >> 128n);
  return found;
}

const exact = /* @__PURE__ */ exactRoots();

const roots = /* @__PURE__ */ Float64Array.from(exact, (root) => Number(root) / unit);

/** What of them is lost in a double. */
const rootErrors = /* @__PURE__ */ Float64Array.from(
  exact,
  (root, j) => Number(root - BigInt(roots[j] * unit)) / unit,
);

// ln 2 / 16 in two parts (fdlibm's): the first has 33 bits, so that its products with n are exact.
const LN2_HI_16 = 0.6931471803691238 / 16;
const LN2_LO_16 = 1.9082149292705877e-10 / 16;

/**
 * exp(x) for x ≤ 0, to 0.6 ulp; NaN stays NaN.
 *
 * x = r − n·ln 2 / 16 after Tang (1989), then the Taylor series, whose first term left out is below
 * 2e-18 for |r| ≤ ln 2 / 32. Faster than `Math.exp`, and the same to the last bit in every engine.
 */
export function expBelowZero(x: number): number {
  if (x < -747) return 0;
  const n = (0.5 - x * (16 * Math.LOG2E)) | 0;
  const r = x + n * LN2_HI_16 + n * LN2_LO_16;
  const r2 = r * r;
  const q = 1 / 24 + r * (1 / 120) + r2 * (1 / 720 + r * (1 / 5040));
  const root = roots[n & 15];
  const p = r + r2 * (0.5 + r * (1 / 6) + r2 * q);
  return powers[n >> 4] * (root + (rootErrors[n & 15] + root * p));
}
