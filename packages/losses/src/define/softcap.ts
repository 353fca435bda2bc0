/**
 * Replaces a row's logits by s·tanh(x/s) and writes the derivatives, sech²(x/s), to `slopes`.
 *
 * −∞ becomes −s, or stays −∞ if masked classes are skipped.
 */
export function softcapRow(
  x: Float64Array,
  softcap: number,
  skipMasked: boolean,
  slopes: Float64Array,
): void {
  for (let j = 0; j < x.length; j++) {
    const ratio = x[j] / softcap;
    // 1 − tanh² would cancel for large logits.
    const e = Math.exp(-2 * Math.abs(ratio));
    slopes[j] = (4 * e) / (1 + e) ** 2;
    if (!(skipMasked && x[j] === Number.NEGATIVE_INFINITY)) x[j] = softcap * Math.tanh(ratio);
  }
}
