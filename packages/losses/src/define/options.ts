import type { FloatArray, FloatInput, TensorLike } from "@surprisal/core";
import { integer, numeric, picklist, unknown } from "@surprisal/core/authoring";

/** Options of every loss. */
export interface LossOptions {
  /**
   * How the losses become one number: their mean, their sum, or `"none"` to get each.
   *
   * @defaultValue "mean"
   */
  reduction?: "mean" | "sum" | "none";
  /**
   * Receives the losses (with `reduction: "none"`) or, in `valueAndGrad`, the gradient: a
   * container like that result's, of its shape and element type.
   */
  out?: object;
}

/** Options of losses over the classes of an axis. */
export interface ClassLossOptions extends LossOptions {
  /**
   * The class axis; negative counts from the end. PyTorch's and ONNX's [N, C, d₁, …] has it at 1.
   *
   * @defaultValue -1
   */
  axis?: number;
  /** One weight per class: a row's loss counts by the weight of its target. */
  weight?: readonly number[] | FloatArray | TensorLike;
  /**
   * Rows with this target contribute nothing, neither to the loss nor to what the mean divides by.
   *
   * @defaultValue -100
   */
  ignoreIndex?: number;
  /**
   * ε: how much of each target is spread evenly over all classes, from 0 to 1.
   *
   * @defaultValue 0
   */
  labelSmoothing?: number;
  /**
   * What a row of nothing but −∞ and a mean over nothing (all ignored, empty batch) give:
   * NaN, as in PyTorch, or zero.
   *
   * @defaultValue "nan"
   */
  whenEmpty?: "nan" | "zero";
}

/** Options that only `valueAndGrad` has. */
export interface GradientOptions {
  /**
   * The upstream gradient: a number, or with `reduction: "none"` also one per loss.
   *
   * @defaultValue 1
   */
  gradOutput?: FloatInput;
}

export type Reduction = "mean" | "sum" | "none" | "batchmean";

/** The options of every loss, read. */
export interface LossValues {
  reduction: Reduction;
  out: unknown;
  gradOutput: unknown;
}

/** The options of a class loss, read. */
export interface ClassValues extends LossValues {
  axis: number;
  weight: unknown;
  ignoreIndex: number;
  labelSmoothing: number;
  whenEmpty: "nan" | "zero";
}

export const lossSchemas = {
  reduction: picklist<Reduction>("mean", "sum", "none"),
  out: unknown<unknown>(),
};

/** The readers of a loss that can also divide its sum by the size of the batch. */
export const batchMeanSchemas = {
  ...lossSchemas,
  reduction: picklist<Reduction>("mean", "sum", "none", "batchmean"),
};

export const gradientSchemas = { gradOutput: unknown<unknown>() };

export const axisSchemas = { axis: integer(-1) };

export const classSchemas = {
  ...axisSchemas,
  weight: unknown<unknown>(),
  ignoreIndex: integer(-100),
  labelSmoothing: numeric(0, "a number from 0 to 1", (e) => e >= 0 && e <= 1),
  whenEmpty: picklist("nan", "zero"),
};
