import { boolean, numeric, type OptionSchemas } from "@surprisal/core/authoring";

/** A loss of single elements. */
export interface ElementFormula {
  /** The loss's own options. */
  readonly options: OptionSchemas<Record<string, number | boolean>>;
  /** Sets `loss` and `slope`, its derivative by x, from x and the target t. */
  readonly wgsl: string;
  /** Sets `targetSlope`, the derivative by t, after that, if the loss has one. */
  readonly targetWgsl?: string;
  /** The loss's own options in the order of the kernel's parameters a, b and c. */
  parameters?(options: Readonly<Record<string, number | boolean>>): readonly number[];
  /** How an option of one weight per element counts, if the loss has one. */
  readonly weight?: "factor" | "mean";
  readonly hasPosWeight?: boolean;
  readonly hasBatchMean?: boolean;
}

const atLeast0 = (value: number) => value >= 0 && value < Infinity;

/** The derivative by t of a loss of x − t. */
const opposite = /* wgsl */ `
      targetSlope = -slope;
      keepsTargetSlope = keepsSlope;`;

const absolute = /* wgsl */ `
      let error = x - t;
      loss = abs(error);
      slope = f32(error > 0.0) - f32(error < 0.0);
      keepsSlope = true;`;

export const elementFormulas = {
  mseLoss: {
    options: {},
    weight: "mean",
    wgsl: /* wgsl */ `
      let error = x - t;
      loss = error * error;
      slope = 2.0 * error;`,
    targetWgsl: opposite,
  },
  l1Loss: { options: {}, weight: "mean", wgsl: absolute, targetWgsl: opposite },
  smoothL1Loss: {
    options: {
      beta: { ...numeric(1, "a finite number of at least 0", atLeast0), otherNames: /^delta$/ },
    },
    parameters: ({ beta }) => [Number(beta)],
    wgsl: /* wgsl */ `
      if (parameters.a == 0.0) {${absolute}
      } else {
        let error = x - t;
        let size = abs(error);
        if (size < parameters.a) {
          slope = divide(error, parameters.a);
          loss = 0.5 * size * abs(slope);
        } else {
          // The sign, but NaN where both are the same infinity.
          slope = keepNan(error, sign(error));
          loss = size - 0.5 * parameters.a;
        }
      }`,
    targetWgsl: opposite,
  },
  huberLoss: {
    options: {
      delta: {
        ...numeric(1, "a finite number above 0", (delta) => delta > 0 && delta < Infinity),
        otherNames: /^beta$/,
      },
    },
    parameters: ({ delta }) => [Number(delta)],
    weight: "factor",
    wgsl: /* wgsl */ `
      let error = x - t;
      let squared = min(abs(error), parameters.a);
      loss = squared * (abs(error) - 0.5 * squared);
      slope = keepNan(error, clamp(error, -parameters.a, parameters.a));`,
    targetWgsl: opposite,
  },
  binaryCrossEntropyWithLogits: {
    options: {},
    weight: "factor",
    hasPosWeight: true,
    wgsl: /* wgsl */ `
      let negative = 1.0 - t;
      let positive = posWeight * t;
      // A class of coefficient 0 contributes nothing, even if its loss is infinite.
      if (negative != 0.0) { loss += negative * softplus(x); }
      if (positive != 0.0) { loss += positive * softplus(-x); }
      slope = negative * sigmoid(x) - positive * sigmoid(-x);`,
    targetWgsl: /* wgsl */ `
      targetSlope = -x;
      if (HAS_POS_WEIGHT) { targetSlope = posWeight * softplus(-x) - softplus(x); }
      keepsTargetSlope = !isNanBits(xBits);`,
  },
  softMarginLoss: {
    options: {},
    wgsl: /* wgsl */ `
      let opposite = -t * x;
      loss = softplus(opposite);
      slope = -t * sigmoid(opposite);`,
  },
  poissonNllLoss: {
    options: {
      logInput: boolean(true),
      full: boolean(false),
      eps: { ...numeric(1e-8, "a finite number of at least 0", atLeast0), otherNames: /^epsilon$/ },
    },
    parameters: ({ logInput, full, eps }) => [Number(logInput), Number(eps), Number(full)],
    wgsl: /* wgsl */ `
      if (parameters.a == 1.0) {
        let expected = expOf(x);
        loss = expected - t * x;
        slope = expected - t;
      } else {
        let expected = x + parameters.b;
        loss = x - t * logOf(expected);
        slope = 1.0 - t / expected;
      }
      if (parameters.c == 1.0 && t > 1.0) { loss += t * logOf(t) - t + 0.5 * (1.837877 + logOf(t)); }`,
    targetWgsl: /* wgsl */ `
      if (parameters.a == 1.0) { targetSlope = -x; } else { targetSlope = -logOf(x + parameters.b); }
      if (parameters.c == 1.0 && t > 1.0) { targetSlope += logOf(t) + divide(0.5, t); }
      keepsTargetSlope = !isNanBits(xBits);`,
  },
  klDiv: {
    options: { logTarget: boolean(false) },
    parameters: ({ logTarget }) => [Number(logTarget)],
    hasBatchMean: true,
    wgsl: /* wgsl */ `
      var probability = t;
      var logarithm = t;
      if (parameters.a == 1.0) { probability = expOf(t); } else { logarithm = logOf(t); }
      if (probability != 0.0) { loss = probability * (logarithm - x); }
      slope = -probability;
      keepsSlope = !isNanBits(tBits);`,
    targetWgsl: /* wgsl */ `
      if (parameters.a == 0.0) { targetSlope = (logarithm - x) + 1.0; }
      else if (probability != 0.0) { targetSlope = probability * ((logarithm - x) + 1.0); }
      keepsTargetSlope = parameters.a == 1.0 && probability == 0.0 && !isNanBits(tBits);`,
  },
  hingeEmbeddingLoss: {
    options: { margin: numeric(1, "a finite number", Number.isFinite) },
    parameters: ({ margin }) => [Number(margin)],
    wgsl: /* wgsl */ `
      let missing = parameters.a - x;
      // A label that is neither, also NaN, counts as both.
      if (isNanBits(tBits) || t != -1.0) { loss += x; slope += 1.0; }
      if (isNanBits(tBits) || t != 1.0) {
        loss += max(0.0, missing);
        if (missing >= 0.0) { slope -= 1.0; }
      }
      keepsLoss = !isNanBits(xBits);
      keepsSlope = true;`,
  },
  logCoshLoss: {
    options: {},
    wgsl: /* wgsl */ `
      let error = x - t;
      let size = abs(error);
      slope = sumOfPair(tanhPair(vec2<f32>(error, 0.0)));
      if (size < 2.0) {
        // log cosh d = log1p(2 sinh²(d/2)), which does not cancel near 0.
        let half = 0.5 * size;
        let square = half * half;
        let sinh = fma(half * square, fma(square, fma(square, fma(square, 2.7557319e-6, 1.9841270e-4), 8.3333333e-3), 0.16666667), half);
        loss = sumOfPair(logOnePlus(2.0 * twoProduct(sinh, sinh)));
      } else {
        loss = (size - 0.6931472) + sumOfPair(logOnePlus(vec2<f32>(expOf(-2.0 * size), 0.0)));
      }`,
    targetWgsl: opposite,
  },
} as const satisfies Record<string, ElementFormula>;

export type ElementLossName = keyof typeof elementFormulas;
