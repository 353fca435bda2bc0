import { argmax, exponentials } from "@surprisal/core/authoring";

/** The probabilities of a row of logits, and their logarithms. */
export interface Distribution {
  readonly probabilities: Float64Array;
  readonly logarithms: Float64Array;
}

/** Makes the arrays of a distribution over so many classes. */
export function newDistribution(classes: number): Distribution {
  return { probabilities: new Float64Array(classes), logarithms: new Float64Array(classes) };
}

/** Writes softmax(x / temperature) and its logarithm. `x` may change. */
export function readLogits(
  x: Float64Array,
  temperature: number,
  { probabilities, logarithms }: Distribution,
): void {
  const top = argmax(x);
  const rest = exponentials(x, probabilities, top, temperature);
  const logSum = Math.log1p(rest);
  const max = x[top];
  for (let j = 0; j < x.length; j++) {
    logarithms[j] = (x[j] - max) / temperature - logSum;
    probabilities[j] /= 1 + rest;
  }
}

/** Reads probabilities as they are. */
export function readProbabilities(
  x: Float64Array,
  { probabilities, logarithms }: Distribution,
): void {
  for (let j = 0; j < x.length; j++) {
    probabilities[j] = x[j];
    logarithms[j] = Math.log(x[j]);
  }
}

/** 1 / n for more terms than the series below has: a product takes a third of a quotient's time. */
const inverses = /* @__PURE__ */ Float64Array.from({ length: 24 }, (_, n) => 1 / n);

/**
 * Returns p · log(p / q) − p + q, which is at least 0. Summed over all classes it is the Kullback–Leibler
 * divergence. If the distributions are alike, nothing cancels but the two logarithms of `ratio`.
 *
 * @param ratio log(p / q).
 */
export function divergenceTerm(p: number, q: number, ratio: number): number {
  if (p === 0) return q;
  // NaN takes this branch, too: its series would not end.
  if (!(Math.abs(ratio) <= 0.5)) return p * ratio - p + q;
  // d + e^−d − 1, by its series, as far as it changes the sum.
  let term = (ratio * ratio) / 2;
  let sum = term;
  let previous = 0;
  for (let n = 3; sum !== previous; n++) {
    term *= -ratio * inverses[n];
    previous = sum;
    sum += term;
  }
  return p * sum;
}
