/**
 * A number that a function should give, and how exact it can be.
 *
 * The error may be some ulp of `magnitude`: of the value itself, or of the larger of the terms whose
 * difference it is. In float64 it may grow with `spread`, the distance of the logit from the
 * maximum, because the rounding of that distance is a relative error of its exponential.
 */
export interface Expected {
  readonly value: number;
  readonly magnitude: number;
  readonly spread: number;
}

const exact = (value: number): Expected => ({ value, magnitude: Math.abs(value), spread: 0 });

const scaled = ({ value, magnitude, spread }: Expected, factor: number): Expected => ({
  value: value * factor,
  magnitude: magnitude * Math.abs(factor),
  spread,
});

/** The quantities of one row that softmax and its relatives are made of. */
interface RowTerms {
  /** The largest logit and its first position. */
  readonly max: number;
  readonly argmax: number;
  /** (x − max) / T */
  readonly shifted: Float64Array;
  readonly exps: Float64Array;
  /** The sum of all exponentials but the one of the maximum. */
  readonly others: number;
  readonly logSum: number;
  /** The largest distance from the maximum that matters. */
  readonly spread: number;
  /** NaN or +∞ is in the row, or nothing but −∞. */
  readonly isUndefined: boolean;
}

function termsOf(x: Float64Array, temperature = 1): RowTerms {
  const max = x.reduce((largest, value) => Math.max(largest, value), Number.NEGATIVE_INFINITY);
  const argmax = x.indexOf(max);
  // The difference of huge logits overflows before the division.
  const shifted = x.map((value) =>
    Number.isFinite(value - max) || !Number.isFinite(value)
      ? (value - max) / temperature
      : value / temperature - max / temperature,
  );
  const exps = shifted.map(Math.exp);
  const others = sum(exps.filter((_, j) => j !== argmax));
  const spread = shifted.reduce((most, d) => (d > -745 ? Math.max(most, -d) : most), 0);
  const isUndefined = !Number.isFinite(max);
  return { max, argmax, shifted, exps, others, logSum: Math.log1p(others), spread, isUndefined };
}

/** Adds with Neumaier's compensation. */
function sum(values: Float64Array): number {
  let total = 0;
  let lost = 0;
  for (const value of values) {
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return Number.isFinite(total) ? total + lost : total;
}

const sumOfMagnitudes = (values: Float64Array) => sum(values.map(Math.abs));

/** The result of a row whose logits are NaN, +∞ or all −∞. */
function undefinedRow(x: Float64Array, zeroWhenEmpty: boolean): Expected[] {
  const isEmpty = x.every((value) => value === Number.NEGATIVE_INFINITY);
  return Array.from(x, () => exact(isEmpty && zeroWhenEmpty ? 0 : Number.NaN));
}

export function softmax(x: Float64Array, temperature: number, zeroWhenEmpty: boolean): Expected[] {
  const { exps, others, shifted, spread, isUndefined } = termsOf(x, temperature);
  if (isUndefined) return undefinedRow(x, zeroWhenEmpty);
  return Array.from(x, (_, j) => {
    const value = exps[j] / (1 + others);
    return { value, magnitude: value, spread: Math.max(-shifted[j], spread && others * spread) };
  });
}

export function logSoftmax(
  x: Float64Array,
  temperature: number,
  zeroWhenEmpty: boolean,
): Expected[] {
  const { shifted, logSum, spread, isUndefined } = termsOf(x, temperature);
  if (isUndefined) return undefinedRow(x, zeroWhenEmpty);
  return Array.from(x, (_, j) => {
    const value = shifted[j] - logSum;
    return { value, magnitude: Math.abs(value), spread };
  });
}

export function logSumExp(x: Float64Array, weights: Float64Array | undefined): Expected {
  return weights === undefined ? plainLogSumExp(x) : weightedLogSumExp(x, weights);
}

function plainLogSumExp(x: Float64Array): Expected {
  const { max, logSum, spread, isUndefined } = termsOf(x);
  if (isUndefined) return exact(max);
  // Maximum and logarithm can cancel, so the error is relative to these terms.
  return {
    value: max + logSum,
    magnitude: Math.max(Math.abs(max), logSum, Math.abs(max + logSum)),
    spread,
  };
}

/** log Σ wⱼ exp(xⱼ): a weight of 0 contributes nothing, and a negative sum has no logarithm. */
function weightedLogSumExp(x: Float64Array, weights: Float64Array): Expected {
  const counted = x.filter((_, j) => weights[j] !== 0);
  const factors = weights.filter((weight) => weight !== 0);
  const max = counted.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (Number.isNaN(max) || max === Number.NEGATIVE_INFINITY) return exact(max);
  if (max === Number.POSITIVE_INFINITY) {
    const atMax = factors.filter((_, j) => counted[j] === max);
    return exact(atMax.every((weight) => weight > 0) ? max : Number.NaN);
  }
  const terms = counted.map((value, j) => factors[j] * Math.exp(value - max));
  const total = sum(terms);
  const lost = sumOfMagnitudes(terms) / Math.abs(total);
  // Where positive and negative terms cancel, the sum's sign and size are not determined.
  if (lost > 1e4) return { value: Number.NaN, magnitude: Number.POSITIVE_INFINITY, spread: 0 };
  const value = max + Math.log(total);
  const magnitude = Math.max(
    Math.abs(max),
    Math.abs(Math.log(Math.abs(total))),
    Math.abs(value),
    lost,
  );
  const spread = counted.reduce((most, v) => (v - max > -745 ? Math.max(most, max - v) : most), 0);
  return { value, magnitude, spread };
}

/** yⱼ (gⱼ − Σ gₖ yₖ) */
export function softmaxBackward(g: Float64Array, y: Float64Array): Expected[] {
  const products = g.map((value, j) => value * y[j]);
  const total = sum(products);
  const totalMagnitude = sumOfMagnitudes(products);
  return Array.from(g, (value, j) => ({
    value: y[j] * (value - total),
    // The sum itself can cancel: its error is relative to the largest of its terms.
    magnitude: Math.abs(y[j]) * Math.max(Math.abs(value), totalMagnitude),
    spread: 0,
  }));
}

/** gⱼ − exp(yⱼ) Σ gₖ; 0 for the row that logSoftmax gives with `whenEmpty: "zero"`. */
export function logSoftmaxBackward(g: Float64Array, y: Float64Array): Expected[] {
  if (y.length > 1 && y.every((value) => value === 0)) return Array.from(g, () => exact(0));
  const total = sum(g);
  const totalMagnitude = sumOfMagnitudes(g);
  return Array.from(g, (value, j) => ({
    value: value - Math.exp(y[j]) * total,
    magnitude: Math.max(Math.abs(value), Math.exp(y[j]) * totalMagnitude),
    // The exponential of a large |y| amplifies its rounding; y itself is exact.
    spread: Number.isFinite(y[j]) ? Math.abs(y[j]) : 0,
  }));
}

export const elementwise = {
  sigmoid: (x: number) => exact(x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  logSigmoid: (x: number) => exact(Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)))),
  softplus: (x: number) => exact(Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
};

export function logAddExp(a: number, b: number): Expected {
  if (a === b) return { ...exact(a + Math.LN2), magnitude: Math.max(Math.abs(a), Math.LN2) };
  const max = Math.max(a, b);
  const rest = Math.log1p(Math.exp(-Math.abs(a - b)));
  // The two terms can cancel.
  const magnitude = Math.max(Math.abs(max), rest, Math.abs(max + rest));
  return { value: max + rest, magnitude, spread: 0 };
}

/** The loss of one row and its gradient, before reduction. */
export interface RowLoss {
  readonly loss: Expected;
  readonly gradient: Expected[];
  /** Whether the row contributes anything: if not, its gradient is 0 whatever it is divided by. */
  readonly counts: boolean;
}

/** Options that change the loss of one row. */
export interface RowOptions {
  /** The weight of each class. */
  readonly weight?: Float64Array;
  readonly labelSmoothing: number;
  readonly zeroWhenEmpty: boolean;
  readonly zLoss: number;
  readonly softcap: number;
  readonly skipMasked: boolean;
}

/** wⱼ ((1 − ε) qⱼ + ε / C) */
function coefficientsOf(q: Float64Array, x: Float64Array, options: RowOptions): Float64Array {
  const { weight, labelSmoothing, skipMasked } = options;
  const isClass = x.map((value) => Number(!skipMasked || value !== Number.NEGATIVE_INFINITY));
  const classes = sum(isClass) || x.length;
  const smoothedOver = sum(isClass) === 0 ? isClass.fill(1) : isClass;
  const left = sum(q.map((value, j) => value * smoothedOver[j]));
  // The probabilities of classes that are none go to the others, if those have any.
  const kept =
    left > 0 && left < sum(q) ? q.map((v, j) => (v * smoothedOver[j] * sum(q)) / left) : q;
  return kept.map((value, j) => {
    const share = (1 - labelSmoothing) * value + (labelSmoothing / classes) * smoothedOver[j];
    return share * (weight?.[j] ?? 1);
  });
}

/**
 * The cross-entropy of a row with target probabilities q: Σⱼ cⱼ (max − xⱼ + log Σ exp) + λ logSumExp².
 *
 * The gradient is (Σ c) softmax(x)ⱼ − cⱼ, and 2 λ logSumExp softmax(x)ⱼ more with zLoss.
 * A row without coefficients contributes nothing, zLoss included.
 */
export function crossEntropy(logits: Float64Array, q: Float64Array, options: RowOptions): RowLoss {
  const { zLoss, softcap, skipMasked, zeroWhenEmpty } = options;
  const c = coefficientsOf(q, logits, options);
  const isCapped = softcap < Number.POSITIVE_INFINITY;
  const cap = (value: number) =>
    skipMasked && value === Number.NEGATIVE_INFINITY ? value : softcap * Math.tanh(value / softcap);
  const x = isCapped ? logits.map(cap) : logits;
  const slopes = logits.map((value) => (isCapped ? 1 / Math.cosh(value / softcap) ** 2 : 1));
  // Without a target there is no penalty either.
  if (c.every((value) => value === 0)) return nothing(x.length);
  const { max, argmax, shifted, exps, others, logSum, spread, isUndefined } = termsOf(x);
  if (isUndefined) {
    const [loss] = undefinedRow(x, zeroWhenEmpty);
    return { loss, gradient: undefinedRow(x, zeroWhenEmpty), counts: true };
  }
  const terms = c.map((value, j) => (value === 0 ? 0 : value * (logSum - shifted[j])));
  const lse = max + logSum;
  const lseMagnitude = Math.max(Math.abs(max), logSum, Math.abs(lse));
  const crossEntropy = sum(terms);
  // Capped logits of float32 are rounded, to 3 ulp at most: exponentials are off by as much of a logit.
  const capError = isCapped
    ? 2 * x.reduce((m, v) => Math.max(m, Number.isFinite(v) ? Math.abs(v) : 0), 0)
    : 0;
  const loss = {
    value: crossEntropy + zLoss * lse ** 2,
    magnitude:
      crossEntropy +
      capError * sum(c) +
      2 * zLoss * Math.abs(lse) * lseMagnitude +
      zLoss * lse ** 2,
    spread,
  };
  const mass = sum(c);
  const single = c.reduce((count, value) => count + Number(value !== 0), 0) === 1;
  const gradient = Array.from(x, (_, j) => {
    const p = exps[j] / (1 + others);
    const rest = j === argmax ? others / (1 + others) : 1 - p;
    const othersMass = single && c[j] !== 0 ? 0 : mass - c[j];
    const value = p * othersMass - c[j] * rest;
    // With a single target, each entry is one product; with several, it is a difference.
    const magnitude = single ? Math.abs(value) : Math.max(mass * p, c[j]);
    const entry = {
      value: value + 2 * zLoss * lse * p,
      magnitude: zLoss === 0 ? magnitude : magnitude + c[j] + 2 * zLoss * lseMagnitude * p,
      spread: Math.max(spread, p === 0 ? 0 : -shifted[j]),
    };
    const capped = { ...entry, magnitude: entry.magnitude * (1 + capError) };
    const total = scaled(capped, slopes[j]);
    // The slope of the cap is an exponential of x / s, whose rounding grows with it.
    return isCapped ? { ...total, spread: total.spread + Math.abs(logits[j] / softcap) } : total;
  });
  return { loss, gradient, counts: true };
}

/** The negative log-likelihood of a row of log-probabilities: −Σⱼ cⱼ xⱼ. */
export function nllLoss(x: Float64Array, q: Float64Array, options: RowOptions): RowLoss {
  const isEmpty = x.every((value) => value === Number.NEGATIVE_INFINITY);
  if (isEmpty && options.zeroWhenEmpty) return nothing(x.length);
  const c = coefficientsOf(q, x, options);
  const terms = c.map((value, j) => (value === 0 ? 0 : -value * x[j]));
  return {
    loss: { value: sum(terms), magnitude: sumOfMagnitudes(terms), spread: 0 },
    gradient: Array.from(c, (value) => exact(-value)),
    counts: c.some((value) => value !== 0),
  };
}

/** The loss of a row that contributes nothing. */
export function nothing(classes: number): RowLoss {
  return {
    loss: exact(0),
    gradient: Array.from({ length: classes }, () => exact(0)),
    counts: false,
  };
}

/** How the losses of all rows become the results. */
export interface Reduction {
  readonly reduction: "mean" | "sum" | "none";
  /** Whether each row counts, and its factor in the sum and in the mean's divisor. */
  readonly sampleWeights: Float64Array;
  /** The share of each row in the mean's divisor. */
  readonly divisors: Float64Array;
  /** The upstream gradient of each loss, or of the one value. */
  readonly gradOutput: (row: number) => number;
  readonly zeroWhenEmpty: boolean;
}

/** Reduces the losses, and scales the gradients. */
export function reduce(rows: readonly RowLoss[], options: Reduction) {
  const { reduction, sampleWeights, divisors, gradOutput, zeroWhenEmpty } = options;
  const losses = rows.map(({ loss }, r) =>
    sampleWeights[r] === 0 ? exact(0) : scaled(loss, sampleWeights[r]),
  );
  const divisor = reduction === "mean" ? sum(divisors) : 1;
  const perDivisor = divisor === 0 ? (zeroWhenEmpty ? 0 : Number.NaN) : 1 / divisor;
  const total: Expected = {
    value: sum(Float64Array.from(losses, ({ value }) => value)) * perDivisor,
    magnitude: sum(Float64Array.from(losses, ({ magnitude }) => magnitude)) * perDivisor,
    spread: losses.reduce((most, { spread }) => Math.max(most, spread), 0),
  };
  const mean = divisor === 0 ? exact(perDivisor) : total;
  const gradients = rows.map(({ gradient, counts }, r) => {
    const factor = gradOutput(r) * sampleWeights[r] * perDivisor;
    const isNothing = !counts || sampleWeights[r] === 0;
    return gradient.map((entry) => (isNothing ? exact(0) : scaled(entry, factor)));
  });
  return { value: reduction === "none" ? losses : [mean], gradients };
}
