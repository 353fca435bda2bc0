// Losses of soft targets as their definitions say, in float64, with the sizes of the terms that may cancel.

/** f(ℓ) and f′(ℓ) of one class, and the sum of the magnitudes of f's terms. `complement` is 1 − p. */
export type ClassFunction = (
  crossEntropy: number,
  p: number,
  complement: number,
) => readonly [loss: number, slope: number, magnitude: number];

const product = (a: number, b: number) => (a === 0 ? 0 : a * b);

/** The functions of the losses, for their options. */
export const classFunctions: Record<string, (options: never) => ClassFunction> = {
  focalLoss:
    ({ gamma }: { gamma: number }) =>
    (c, p, u) => {
      const loss = product(u ** gamma, c);
      if (gamma === 0 || u === 0) return [loss, Number(gamma === 0), loss];
      const slope = u ** gamma + product(gamma * u ** (gamma - 1), product(p, c));
      return [loss, slope, loss];
    },
  polyLoss:
    ({ epsilon }: { epsilon: number }) =>
    (c, p, u) => [c + epsilon * u, 1 + epsilon * p, c + Math.abs(epsilon) * u],
  generalizedCrossEntropy:
    ({ q }: { q: number }) =>
    (c) => {
      const loss = -Math.expm1(-q * c) / q;
      return [loss, Math.exp(-q * c), loss];
    },
  symmetricCrossEntropy:
    ({ alpha, beta }: { alpha: number; beta: number }) =>
    (c, p, u) => {
      const loss = product(alpha, c) + 4 * beta * u;
      return [loss, alpha + 4 * beta * p, loss];
    },
};

/** The options that make coefficients of a target. */
export interface CoefficientOptions {
  readonly labelSmoothing: number;
  readonly weight: ArrayLike<number> | undefined;
  readonly skipMasked: boolean;
}

/** Returns the coefficients of the classes of a row; `target` is an index or probabilities. */
export function coefficientsOf(
  x: readonly number[],
  target: number | readonly number[],
  { labelSmoothing, weight, skipMasked }: CoefficientOptions,
): number[] {
  const isClass = x.map((logit) => !skipMasked || logit > -Infinity);
  const classes = isClass.filter(Boolean).length || x.length;
  const given = x.map((_, j) => (typeof target === "number" ? Number(j === target) : target[j]));
  const sum = given.reduce((a, b) => a + b, 0);
  const kept = given.reduce((a, b, j) => a + (isClass[j] ? b : 0), 0);
  return x.map((_, j) => {
    const q = kept === 0 ? given[j] : isClass[j] ? (given[j] * sum) / kept : 0;
    const uniform = isClass[j] || !isClass.includes(true) ? labelSmoothing / classes : 0;
    return ((1 - labelSmoothing) * q + uniform) * (weight?.[j] ?? 1);
  });
}

/** Returns the loss Σ c · f of a row and its gradient, each with the sum of the magnitudes of its terms. */
export function softRow(x: readonly number[], coefficients: readonly number[], f: ClassFunction) {
  const max = Math.max(...x);
  const top = x.indexOf(max);
  const exps = x.map((logit, j) => (j === top ? 0 : Math.exp(logit - max)));
  const rest = exps.reduce((a, b) => a + b, max - max);
  let [loss, size, others, total, slopeSize] = [0, 0, 0, 0, 0];
  const slopes = x.map((logit, j) => {
    const c = coefficients[j];
    if (c === 0) return 0;
    const p = (j === top ? 1 : exps[j]) / (1 + rest);
    const complement = j === top ? rest / (1 + rest) : 1 - p;
    const [value, slope, magnitude] = f(Math.log1p(rest) - (logit - max), p, complement);
    loss += c * value;
    size += c * magnitude;
    total += c * slope;
    slopeSize += Math.abs(c * slope);
    if (j !== top) others += c * slope;
    return c * slope;
  });
  const gradient = x.map((_, j) =>
    j === top ? others - (total * rest) / (1 + rest) : total * (exps[j] / (1 + rest)) - slopes[j],
  );
  const sizes = x.map((_, j) =>
    j === top
      ? slopeSize - Math.abs(slopes[j]) + (slopeSize * rest) / (1 + rest)
      : slopeSize * (exps[j] / (1 + rest)) + Math.abs(slopes[j]),
  );
  return { loss, size, gradient, sizes };
}
