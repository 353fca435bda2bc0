// The expected answers of losses other than the plain cross-entropy, in float64. All are means.
import { rowOffset } from "@surprisal/testing/benchmark";
import type { ReferenceValues } from "./expected.ts";
import {
  type Answer,
  classWeights,
  elementProbabilities,
  elementTargets,
  layoutOf,
  moved,
  type Operation,
  type Problem,
  rowWeights,
  settings,
  signs,
} from "./problem.ts";

/** The loss of one row or element, and its gradient where it is asked for. */
type Variant = (problem: Problem, reference: ReferenceValues) => Required<Answer>;

const variants: Partial<Record<Operation, Variant>> = {
  labelSmoothing: smoothed,
  labelSmoothingGradient: smoothed,
  rowWithSmoothing: smoothed,
  rowWithSmoothingGradient: smoothed,
  probabilities: smoothed,
  probabilitiesGradient: smoothed,
  weightedProbabilities: smoothedAndWeighted,
  weightedProbabilitiesGradient: smoothedAndWeighted,
  zLossGradient: penalized,
  softcapGradient: capped,
  sampleWeightGradient: (problem, reference) =>
    weightedRows(problem, reference, rowWeights(problem)),
  weightGradient: (problem, reference) => {
    const weights = classWeights(problem);
    const ofRows = Float32Array.from(problem.targets, (target) => weights[target]);
    return weightedRows(problem, reference, ofRows);
  },
  focalGradient: focal,
  composedFocalGradient: focal,
  polyGradient: (problem, reference) =>
    ofProbabilities(problem, reference, (c, p) => [c + 1 - p, 1 + p]),
  generalizedGradient: (problem, reference) =>
    ofProbabilities(problem, reference, (c) => [-Math.expm1(-0.7 * c) / 0.7, Math.exp(-0.7 * c)]),
  symmetricGradient: (problem, reference) =>
    ofProbabilities(problem, reference, (c, p) => [c + 4 * (1 - p), 1 + 4 * p]),
  squaredErrorGradient: (problem) => elementwise(problem, (x, y) => [(x - y) ** 2, 2 * (x - y)]),
  absoluteErrorGradient: (problem) =>
    elementwise(problem, (x, y) => [Math.abs(x - y), Math.sign(x - y)]),
  huberGradient: (problem) => elementwise(problem, huber),
  smoothL1Gradient: (problem) => elementwise(problem, huber),
  poissonGradient: (problem) =>
    elementwise(problem, (x, y) => [Math.exp(x) - y * x, Math.exp(x) - y]),
  gaussianGradient: (problem) =>
    elementwise(problem, (x, y) => [
      0.5 * (Math.log(y + 0.5) + (x - y) ** 2 / (y + 0.5)),
      (x - y) / (y + 0.5),
    ]),
  klDivergenceGradient: (problem) =>
    elementwise(problem, (x, y) => [y === 0 ? 0 : y * (Math.log(y) - x), -y]),
  softMarginGradient: (problem) =>
    elementwise(problem, (x, y) => [softplus(-y * x), -y / (1 + Math.exp(y * x))]),
  sigmoidFocalGradient: (problem) => elementwise(problem, sigmoidFocal),
  positiveWeightGradient: (problem) =>
    elementwise(problem, (x, y) =>
      y === 0
        ? [softplus(x), 1 / (1 + Math.exp(-x))]
        : [settings.posWeight * softplus(-x), -settings.posWeight / (1 + Math.exp(x))],
    ),
  probabilityGradient: probability,
  hingeEmbeddingGradient: (problem) => {
    const labels = signs(problem.logits.length);
    return elementwise(problem, (x, _, i) => {
      if (labels[i] === 1) return [x, 1];
      return [Math.max(0, 1 - x), x <= 1 ? -1 : 0];
    });
  },
  marginRankingGradient: (problem) => {
    const others = moved(problem, 1);
    const labels = signs(problem.logits.length);
    return elementwise(problem, (x, _, i) => {
      const loss = -labels[i] * (x - others[i]);
      return loss >= 0 ? [loss, -labels[i]] : [0, 0];
    });
  },
  binaryCrossEntropy: binary,
  binaryCrossEntropyGradient: binary,
};

/** Returns whether an operation is one of these losses. */
export function isVariant(operation: Operation): boolean {
  return variants[operation] !== undefined;
}

/** Returns the expected answer of one of these losses. */
export function variantAnswer(
  operation: Operation,
  problem: Problem,
  reference: ReferenceValues,
): Answer {
  const answer = variants[operation]?.(problem, reference);
  if (answer === undefined) throw new RangeError(`No loss is called ${operation}.`);
  return operation.endsWith("Gradient") ? answer : { values: answer.values };
}

function huber(x: number, y: number): [number, number] {
  const difference = x - y;
  const size = Math.abs(difference);
  if (size <= 1) return [0.5 * difference ** 2, difference];
  return [size - 0.5, Math.sign(difference)];
}

function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** The focal loss of a logit and a label of 0 or 1, with the usual options. */
function sigmoidFocal(x: number, y: number): [number, number] {
  const z = y === 1 ? x : -x;
  const weight = y === 1 ? 0.25 : 0.75;
  const [p, miss] = [1 / (1 + Math.exp(-z)), 1 / (1 + Math.exp(z))];
  const surprisal = softplus(-z);
  const slope = -weight * miss ** 2 * (miss + 2 * p * surprisal);
  return [weight * miss ** 2 * surprisal, y === 1 ? slope : -slope];
}

function binary(problem: Problem): Required<Answer> {
  return elementwise(problem, (x, y) => [softplus(x) - x * y, 1 / (1 + Math.exp(-x)) - y]);
}

/** Returns the cross-entropy of probabilities, whose gradient divides by them. */
function probability(problem: Problem): Required<Answer> {
  const probabilities = elementProbabilities(problem);
  return elementwise(problem, (_, y, i) => {
    const p = probabilities[i];
    return y === 1 ? [-Math.log(p), -1 / p] : [-Math.log1p(-p), 1 / (1 - p)];
  });
}

function elementwise(
  problem: Problem,
  loss: (x: number, y: number, i: number) => [number, number],
): Required<Answer> {
  const { logits } = problem;
  const targets = elementTargets(problem);
  const gradient = new Float64Array(logits.length);
  let sum = 0;
  logits.forEach((x, i) => {
    const [value, slope] = loss(x, targets[i], i);
    sum += value;
    gradient[i] = slope / logits.length;
  });
  return { values: [sum / logits.length], gradient };
}

/** A function of each row's cross-entropy: its value and its derivative. */
function scaledRows(
  problem: Problem,
  { losses, gradient }: ReferenceValues,
  evaluate: (loss: number, row: number) => [number, number],
): Required<Answer> {
  const { rows, classes, stride } = layoutOf(problem);
  const scaled = new Float64Array(gradient.length);
  let sum = 0;
  for (let r = 0; r < rows; r++) {
    const [value, factor] = evaluate(losses[r], r);
    sum += value;
    const start = rowOffset(problem, r);
    for (let j = 0, k = start; j < classes; j++, k += stride) {
      scaled[k] = (factor * gradient[k]) / rows;
    }
  }
  return { values: [sum / rows], gradient: scaled };
}

/** Returns a function of the cross-entropy c and the probability p of each row's target. */
function ofProbabilities(
  problem: Problem,
  reference: ReferenceValues,
  evaluate: (c: number, p: number) => [number, number],
): Required<Answer> {
  return scaledRows(problem, reference, (loss) => evaluate(loss, Math.exp(-loss)));
}

/** Returns the focal loss with γ = 2: (1 − p)² · c. */
function focal(problem: Problem, reference: ReferenceValues): Required<Answer> {
  return scaledRows(problem, reference, (loss) => {
    const q = -Math.expm1(-loss);
    return [q * q * loss, q * q + 2 * q * Math.exp(-loss) * loss];
  });
}

/** Returns the mean of the losses with a weight for each. */
function weightedRows(
  problem: Problem,
  reference: ReferenceValues,
  weights: Float32Array,
): Required<Answer> {
  const mean = weights.reduce((a, b) => a + b) / weights.length;
  return scaledRows(problem, reference, (loss, r) => {
    const weight = weights[r] / mean;
    return [weight * loss, weight];
  });
}

function smoothed(problem: Problem, reference: ReferenceValues): Required<Answer> {
  return smoothedWithWeights(problem, reference, new Float32Array(problem.classes).fill(1));
}

function smoothedAndWeighted(problem: Problem, reference: ReferenceValues): Required<Answer> {
  return smoothedWithWeights(problem, reference, classWeights(problem));
}

/** Returns the cross-entropy with label smoothing, or with the same probabilities, and a weight for each class. */
function smoothedWithWeights(
  problem: Problem,
  { softmax, logSoftmax }: ReferenceValues,
  weights: Float32Array,
): Required<Answer> {
  const { rows, classes, stride, elements } = layoutOf(problem);
  const { labelSmoothing } = settings;
  const gradient = new Float64Array(elements);
  const coefficients = new Float64Array(classes);
  let sum = 0;
  for (let r = 0; r < rows; r++) {
    const start = rowOffset(problem, r);
    let mass = 0;
    for (let j = 0; j < classes; j++) {
      const q = labelSmoothing / classes + (j === problem.targets[r] ? 1 - labelSmoothing : 0);
      coefficients[j] = weights[j] * q;
      mass += coefficients[j];
    }
    for (let j = 0, k = start; j < classes; j++, k += stride) {
      sum -= coefficients[j] * logSoftmax[k];
      gradient[k] = (mass * softmax[k] - coefficients[j]) / rows;
    }
  }
  return { values: [sum / rows], gradient };
}

function penalized(problem: Problem, reference: ReferenceValues): Required<Answer> {
  const { rows, classes, stride } = layoutOf(problem);
  const { losses, gathered, softmax } = reference;
  const plain = scaledRows(problem, reference, (loss) => [loss, 1]);
  const gradient = Float64Array.from(plain.gradient);
  let sum = plain.values[0] * rows;
  for (let r = 0; r < rows; r++) {
    const logSumExp = losses[r] + gathered[r];
    sum += settings.zLoss * logSumExp ** 2;
    const slope = (2 * settings.zLoss * logSumExp) / rows;
    const start = rowOffset(problem, r);
    for (let j = 0, k = start; j < classes; j++, k += stride) gradient[k] += slope * softmax[k];
  }
  return { values: [sum / rows], gradient };
}

function capped(problem: Problem): Required<Answer> {
  const { rows, classes, stride, elements } = layoutOf(problem);
  const { softcap } = settings;
  const gradient = new Float64Array(elements);
  let sum = 0;
  for (let r = 0; r < rows; r++) {
    const start = rowOffset(problem, r);
    const cap = (k: number) => softcap * Math.tanh(problem.logits[k] / softcap);
    let max = Number.NEGATIVE_INFINITY;
    for (let j = 0, k = start; j < classes; j++, k += stride) max = Math.max(max, cap(k));
    let total = 0;
    for (let j = 0, k = start; j < classes; j++, k += stride) total += Math.exp(cap(k) - max);
    const target = start + problem.targets[r] * stride;
    sum += Math.log(total) + max - cap(target);
    for (let j = 0, k = start; j < classes; j++, k += stride) {
      const p = Math.exp(cap(k) - max) / total;
      const slope = 1 / Math.cosh(problem.logits[k] / softcap) ** 2;
      gradient[k] = (slope * (p - Number(k === target))) / rows;
    }
  }
  return { values: [sum / rows], gradient };
}
