import type { FloatArray, FloatInput, IntegerInput, TensorLike } from "@surprisal/core";
import {
  type FloatView,
  formatShape,
  integer,
  numeric,
  type OptionSchema,
  picklist,
  releaseClassIndices,
  resolveAxis,
  sameShape,
  unknown,
  withoutAxis,
} from "@surprisal/core/authoring";
import { type BatchArguments, batchLoss } from "../define/batchLoss.ts";
import type { ClassLossOptions, Loss, LossOptions } from "../define/defineLoss.ts";
import { isEmptyBatch } from "../define/target.ts";
import { indicesShapeError } from "../define/targetAdvice.ts";
import { evaluateDistillation } from "./evaluateDistillation.ts";
import { readRows } from "./readRows.ts";

/** Options of `distillationLoss`. */
export interface DistillationLossOptions
  extends LossOptions,
    Pick<ClassLossOptions, "axis" | "whenEmpty"> {
  /** The class index of each row. If it is given, the loss also contains the cross-entropy of these labels. */
  labels?: IntegerInput | undefined;
  /**
   * One weight per class. The loss of a row, both of its parts, is multiplied by the weight of its label, and the mean
   * divides by the sum of these weights. It needs `labels`.
   */
  weight?: readonly number[] | FloatArray | TensorLike | undefined;
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
 * @param input logits of the student: [C], [N, C] or […, C], or with the classes along `axis`.
 * @param teacher logits of the teacher, of the same shape. They have no gradient.
 * @param options reduction, labels, alpha, temperature, axis, weight, ignoreIndex, whenEmpty, sampleWeight, out; in
 * `valueAndGrad` also gradOutput.
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
      labels: { ...(unknown() as OptionSchema<IntegerInput>), otherNames: /^target$/ },
      weight: {
        ...(unknown() as OptionSchema<NonNullable<DistillationLossOptions["weight"]>>),
        otherNames: /^classweight$/,
      },
      axis: integer(-1),
      ignoreIndex: integer(-100),
      whenEmpty: picklist("nan", "zero"),
      alpha: numeric(0.5, "a number from 0 to 1", (alpha) => alpha >= 0 && alpha <= 1),
      temperature: {
        ...numeric(2, "a finite number above 0", (t) => t > 0 && t < Infinity),
        otherNames: /^t(au|emp)?$/,
      },
    },
    neverThrows: true,
    formula: ({ alpha, temperature, ...options }) => ({
      lossShape: (call) => lossShape(call.functionName, call.arguments, options.axis),
      prepare(call) {
        const rows = readRows(call, options);
        const { input, teacher } = call.arguments;
        const share = rows.labels === undefined ? 1 : alpha;
        return {
          meanDivisor: rows.meanDivisor,
          emptyMean: options.whenEmpty === "zero" ? 0 : Number.NaN,
          evaluate(results) {
            const mix = { share, temperature, labels: rows.labels?.indices };
            evaluateDistillation(input.data, teacher.data, rows, mix, results);
            if (rows.labels !== undefined) releaseClassIndices(rows.labels);
          },
        };
      },
    }),
  });

/** Checks the shapes, and returns that of the losses: the input's without its class axis. */
function lossShape(
  functionName: string,
  { input, teacher, labels }: BatchArguments,
  axisOption: number,
): readonly number[] {
  if (input.shape.length === 0) {
    throw new RangeError(`${functionName}: input must have a class axis, got a number.`);
  }
  if (!sameShape(teacher.shape, input.shape)) {
    throw new RangeError(
      `${functionName}: teacher must have shape ${formatShape(input.shape)}, got ${formatShape(teacher.shape)}.`,
    );
  }
  if (isEmptyBatch(input as FloatView, labels ?? teacher, axisOption)) return input.shape;
  const axis = resolveAxis(functionName, axisOption, input.shape);
  const shape = withoutAxis(input.shape, axis);
  if (labels !== undefined && !sameShape(labels.shape, shape)) {
    const error = indicesShapeError(
      `${functionName}: labels`,
      labels.shape,
      input.shape,
      axis,
      "",
      false,
    );
    if (sameShape(labels.shape, input.shape)) error.message += " Pass the argmax of each row.";
    throw error;
  }
  return shape;
}
