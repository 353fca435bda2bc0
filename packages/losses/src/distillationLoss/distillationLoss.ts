import type { FloatInput, IntegerInput } from "@surprisal/core";
import {
  copyClassIndices,
  formatShape,
  integer,
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
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import { evaluateDistillation } from "./evaluateDistillation.ts";

/** Options of `distillationLoss`. */
export interface DistillationLossOptions extends LossOptions {
  /** The class index of each row. If it is given, the loss also contains the cross-entropy of these labels. */
  labels?: IntegerInput | undefined;
  /**
   * Rows with this label are ignored: they add nothing to the loss, and their gradient is 0.
   *
   * @defaultValue -100
   */
  ignoreIndex?: number | undefined;
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
 * @param options reduction, labels, ignoreIndex, alpha, temperature, sampleWeight, out; in `valueAndGrad` also gradOutput.
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
      ignoreIndex: integer(-100),
      alpha: numeric(0.5, "a number from 0 to 1", (alpha) => alpha >= 0 && alpha <= 1),
      temperature: numeric(2, "a finite number above 0", (t) => t > 0 && t < Infinity),
    },
    neverThrows: true,
    formula: ({ alpha, temperature, ignoreIndex }) => ({
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
        const ignored = { ignoreIndex, sampleWeight };
        const hard =
          labels &&
          copyClassIndices(`${functionName}: labels`, labels.data, rows, classes, ignored);
        const mix = { share: hard === undefined ? 1 : alpha, temperature, indices: hard?.indices };
        return {
          meanDivisor: hard && sumOfWeights(hard.indices, sampleWeight),
          evaluate(results) {
            evaluateDistillation(input.data, teacher.data, classes, mix, results);
            if (hard !== undefined) releaseClassIndices(hard);
          },
        };
      },
    }),
  });

/** Returns the sum of the weights of the rows that are not ignored. */
function sumOfWeights(indices: Int32Array, sampleWeight: Float64Array | undefined): number {
  return sumOf(Float64Array.from(indices, (i, r) => (i < 0 ? 0 : (sampleWeight?.[r] ?? 1))));
}

function checkShape(label: string, { shape }: NumberView, expected: readonly number[]): void {
  if (sameShape(shape, expected)) return;
  throw new RangeError(
    `${label} must have shape ${formatShape(expected)}, got ${formatShape(shape)}.`,
  );
}
