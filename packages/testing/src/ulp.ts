const smallestNormal = { float32: 2 ** -126, float64: 2 ** -1022 };
const fractionBits = { float32: 23, float64: 52 };

const bits = new DataView(new ArrayBuffer(8));

/** Returns the distance between neighbouring floats at a finite value. */
export function ulpAt(value: number, element: "float32" | "float64"): number {
  // Tests call it for millions of values: the exponent is read from the bits, which is faster than a logarithm.
  bits.setFloat64(0, Math.max(Math.abs(value), smallestNormal[element]));
  const exponent = (bits.getUint16(0) >> 4) - 1023;
  return 2 ** (exponent - fractionBits[element]);
}

/**
 * Returns the largest error in ulp of the expected values. Expected values below the normal range are
 * left out. If infinity, NaN or 0 is expected, any other value is an infinite error.
 */
export function maxUlp(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  element: "float32" | "float64",
): number {
  // Tests compare millions of values. A loop over arrays of one type takes a fraction of the time.
  const [found, wanted] = [new Float64Array(actual), new Float64Array(expected)];
  let worst = 0;
  for (let i = 0; i < wanted.length; i++) {
    const [a, e] = [i < found.length ? found[i] : Number.NaN, wanted[i]];
    if (a === e || Object.is(a, e)) continue;
    if (e !== 0 && Math.abs(e) < smallestNormal[element]) continue;
    const distance = Math.abs(a - e) / ulpAt(e, element);
    worst = Math.max(worst, Number.isNaN(distance) || e === 0 ? Infinity : distance);
  }
  return worst;
}
