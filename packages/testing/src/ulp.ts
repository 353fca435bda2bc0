const smallestNormal = { float32: 2 ** -126, float64: 2 ** -1022 };
const fractionBits = { float32: 23, float64: 52 };

/** The distance between neighbouring floats at a value. */
export function ulpAt(value: number, element: "float32" | "float64"): number {
  const magnitude = Math.max(Math.abs(value), smallestNormal[element]);
  let exponent = Math.floor(Math.log2(magnitude));
  // log2 rounds up just below a power of two.
  if (2 ** exponent > magnitude) exponent--;
  return 2 ** (exponent - fractionBits[element]);
}

/**
 * The greatest distance in ulp of the expected values. Results below the normal range, where an
 * ulp says nothing, are left out; what must be infinite, NaN or 0 and is not counts as infinitely far.
 */
export function maxUlp(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  element: "float32" | "float64",
): number {
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(actual[i], expected[i]) || actual[i] === expected[i]) continue;
    if (expected[i] !== 0 && Math.abs(expected[i]) < smallestNormal[element]) continue;
    const distance = Math.abs(actual[i] - expected[i]) / ulpAt(expected[i], element);
    worst = Math.max(worst, Number.isNaN(distance) || expected[i] === 0 ? Infinity : distance);
  }
  return worst;
}
