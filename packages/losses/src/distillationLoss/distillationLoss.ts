import type { FloatInput, IntegerInput } from "@surprisal/core";
import {
  copyClassIndices,
  crossEntropyKernel,
  formatShape,
  kullbackLeiblerKernel,
  type NumberView,
  numeric,
  type OptionSchema,
  releaseClassIndices,
  sameShape,
  sizeOf,
  sumOf,
  unknown,
} from "@surprisal/core/authoring";
import { batchLoss } from "../define/batchLoss.ts";
import type { BatchResults, Loss, LossOptions } from "../define/defineLoss.ts";
import {
  type Distribution,
  divergenceTerm,
  newDistribution,
  readLogits,
} from "../define/divergence.ts";
import { clearIgnored } from "../define/elementBlocks.ts";

/** Options of `distillationLoss`. */
export interface DistillationLossOptions extends LossOptions {
  /** The class index of each row. If it is given, the loss also contains the cross-entropy of these labels. */
  labels?: IntegerInput | undefined;
  /**
   * The share of the teacher's part in the loss, from 0 to 1. The rest is the share of the labels. It has
   * an effect only with `labels`.
   *
   * @defaultValue 0.5
   */
  alpha?: number | undefined;
  /**
   * The number that divides the logits of both models, so that the small probabilities of the teacher count
   * more. A finite number above 0.
   *
   * @defaultValue 2
   */
  temperature?: number | undefined;
}

/**
 * Computes how far a student's predictions are from those of its teacher, a larger model.
 *
 * The teacher's probabilities of wrong classes say which classes are alike. A temperature above 1 makes
 * these probabilities larger.
 *
 * ℓ = T² · KL(softmax(teacher / T) ‖ softmax(x / T)); with labels, alpha · ℓ + (1 − alpha) · crossEntropy(x, labels)
 *
 * ∂ℓ/∂x = T · (softmax(x / T) − softmax(teacher / T)): the factor T² keeps its size about the same at every
 * temperature.
 *
 * @param input logits of the student: [C], [N, C] or […, C].
 * @param teacher logits of the teacher, of the same shape. They have no gradient.
 * @param options reduction, labels, alpha, temperature, sampleWeight, out; in `valueAndGrad` also gradOutput.
 * @returns the loss (in nats): a number, or with `reduction: "none"` one per row.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, a label is not a class, or an option is out of range.
 *
 * @example
 * ```ts
 * import { distillationLoss } from "@surprisal/losses";
 *
 * distillationLoss([2, 1, 0], [3, 0, 0]); // 0.319…
 * distillationLoss([2, 1, 0], [3, 0, 0], { labels: 0, alpha: 0.7, temperature: 4 }); // 0.369…
 * distillationLoss.valueAndGrad([2, 1, 0], [3, 0, 0]).grad; // [-0.369…, 0.305…, 0.064…]
 * ```
 *
 * Source: Hinton, Vinyals & Dean, "Distilling the knowledge in a neural network", arXiv 1503.02531.
 */
export const distillationLoss: Loss<[teacher: FloatInput], DistillationLossOptions, "batch"> =
  /* @__PURE__ */ batchLoss<DistillationLossOptions, [teacher: FloatInput]>({
    kind: "batch",
    name: "distillationLoss",
    arguments: ["input", "teacher"],
    arrayOptions: ["labels"],
    differentiable: ["input"],
    options: {
      labels: unknown() as OptionSchema<IntegerInput>,
      alpha: numeric(0.5, "a number from 0 to 1", (alpha) => alpha >= 0 && alpha <= 1),
      temperature: numeric(2, "a finite number above 0", (t) => t > 0 && t < Infinity),
    },
    neverThrows: true,
    formula: ({ alpha, temperature }) => ({
      lossShape({ functionName, arguments: { input, teacher, labels } }) {
        if (input.shape.length === 0) {
          throw new RangeError(`${functionName}: input must have a class axis, got a number.`);
        }
        const shape = input.shape.slice(0, -1);
        checkShape(`${functionName}: teacher`, teacher, input.shape);
        if (labels !== undefined) checkShape(`${functionName}: labels`, labels, shape);
        return shape;
      },
      prepare({ functionName, arguments: { input, teacher, labels }, sampleWeight }) {
        const classes = input.shape[input.shape.length - 1];
        const rows = sizeOf(input.shape.slice(0, -1));
        const ignored = { ignoreIndex: -1, sampleWeight };
        const hard =
          labels &&
          copyClassIndices(`${functionName}: labels`, labels.data, rows, classes, ignored);
        const mix = { share: hard === undefined ? 1 : alpha, temperature, indices: hard?.indices };
        return {
          evaluate(results) {
            const isDone = evaluateOnKernels(input.data, teacher.data, classes, mix, results);
            if (!isDone) evaluateRows(input.data, teacher.data, classes, mix, results);
            if (hard !== undefined) releaseClassIndices(hard);
          },
        };
      },
    }),
  });

function checkShape(label: string, { shape }: NumberView, expected: readonly number[]): void {
  if (sameShape(shape, expected)) return;
  throw new RangeError(
    `${label} must have shape ${formatShape(expected)}, got ${formatShape(shape)}.`,
  );
}

/** How the two losses of a row are mixed. */
interface Mix {
  /** The share of the teacher. */
  readonly share: number;
  readonly temperature: number;
  /** The label of each row, if there are labels. A negative one is left out. */
  readonly indices: Int32Array | undefined;
}

/** Computes float32 logits. Returns whether it did: otherwise the results may hold anything. */
function evaluateOnKernels(
  x: ArrayLike<number>,
  teacher: ArrayLike<number>,
  classes: number,
  mix: Mix,
  results: BatchResults,
): boolean {
  const { share, temperature, indices } = mix;
  const { losses, lossScale, gradients } = results;
  const out = gradients?.input;
  if (!(x instanceof Float32Array && teacher instanceof Float32Array)) return false;
  if (!(out === undefined || out instanceof Float32Array)) return false;
  const hasLabels = indices !== undefined && share < 1;
  if (hasLabels) storeCrossEntropy(x, classes, indices, 1 - share, results);
  if (share > 0) {
    const pairs = { x: teacher, y: x, rows: losses.length, size: classes };
    const weight = share * temperature * temperature;
    const gradient = out && { out, scales: lossScale, isAdded: hasLabels };
    if (!kullbackLeiblerKernel(pairs, temperature, weight, losses, gradient)) return false;
  }
  // A row of weight 0 has no gradient, whatever it holds.
  if (out !== undefined) clearIgnored([out], lossScale, 0, losses.length, classes);
  return true;
}

/** Writes the part of the labels, which has this share of the loss. It is 0 in a row without a label. */
function storeCrossEntropy(
  x: Float32Array,
  classes: number,
  indices: Int32Array,
  share: number,
  { losses, lossScale, gradients }: BatchResults,
): void {
  const layout = { outer: losses.length, size: classes, inner: 1 };
  const rowData = {
    load(first: number, count: number, targets: Int32Array, gradScale: Float64Array) {
      for (let r = 0; r < count; r++) {
        targets[r] = indices[first + r];
        gradScale[r] = share * lossScale[first + r];
      }
    },
    store(first: number, count: number, values: Float64Array) {
      for (let r = 0; r < count; r++) losses[first + r] = share * values[r];
    },
  };
  crossEntropyKernel(x, layout, rowData, gradients?.input);
}

function evaluateRows(
  input: ArrayLike<number>,
  teacher: ArrayLike<number>,
  classes: number,
  { share, temperature, indices }: Mix,
  { losses, lossScale, gradients }: BatchResults,
): void {
  const row = new Float64Array(classes);
  const [soft, target, hard] = [
    newDistribution(classes),
    newDistribution(classes),
    newDistribution(classes),
  ];
  const read = (from: ArrayLike<number>, start: number, divisor: number, to: Distribution) => {
    for (let j = 0; j < classes; j++) row[j] = from[start + j];
    readLogits(row, divisor, to);
  };
  for (let r = 0; r < losses.length; r++) {
    const start = r * classes;
    read(input, start, temperature, soft);
    read(teacher, start, temperature, target);
    let loss = share === 0 ? 0 : share * temperature * temperature * divergence(target, soft);
    const label = indices?.[r] ?? -1;
    if (label >= 0 && share < 1) {
      read(input, start, 1, hard);
      loss -= (1 - share) * hard.logarithms[label];
    }
    losses[r] = loss;
    if (gradients?.input === undefined) continue;
    const scale = lossScale[r];
    storeDifferences(soft, target, row);
    for (let j = 0; j < classes; j++) {
      let slope = share === 0 ? 0 : share * temperature * row[j];
      if (label >= 0 && share < 1) {
        const rest = j === label ? restOf(hard, label) : -hard.probabilities[j];
        slope -= (1 - share) * rest;
      }
      // A row of weight 0 has no gradient, whatever it holds.
      gradients.input[start + j] = scale === 0 ? 0 : scale * slope;
    }
  }
}

/** Writes the probabilities of a distribution less those of another. */
function storeDifferences(
  { probabilities: p }: Distribution,
  { probabilities: q }: Distribution,
  differences: Float64Array,
): void {
  let top = -1;
  for (let j = 0; j < p.length; j++) {
    differences[j] = p[j] - q[j];
    if (p[j] > 0.5 && q[j] > 0.5) top = j;
  }
  if (top < 0) return;
  // Two probabilities near 1 have a difference without digits. The differences add up to 0.
  differences[top] = 0;
  differences[top] = 0 - sumOf(differences);
}

/** Returns KL(target ‖ prediction). */
function divergence(target: Distribution, prediction: Distribution): number {
  let sum = 0;
  for (let j = 0; j < target.probabilities.length; j++) {
    const p = target.probabilities[j];
    const ratio = target.logarithms[j] - prediction.logarithms[j];
    sum += divergenceTerm(p, prediction.probabilities[j], ratio);
  }
  return sum;
}

/** Returns 1 − p of a class, as the sum of the other probabilities, which keeps its digits. */
function restOf({ probabilities }: Distribution, label: number): number {
  let rest = 0;
  for (let j = 0; j < probabilities.length; j++) if (j !== label) rest += probabilities[j];
  return rest;
}
