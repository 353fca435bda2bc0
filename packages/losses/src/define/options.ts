import type { FloatArray, FloatInput, TensorLike } from "@surprisal/core";
import type { SampleWeight } from "@surprisal/core/authoring";

/** Options of every loss. */
export interface LossOptions {
  /**
   * How the losses become one number: their mean or their sum; `"none"` returns each loss.
   *
   * @defaultValue "mean"
   */
  reduction?: "mean" | "sum" | "none" | undefined;
  /**
   * One weight of at least 0 per loss, or a mask; weights are repeated along axes of size 1. A weight
   * multiplies the loss and its gradient, and the mean divides by the sum of the weights: a whole
   * number counts as that many repetitions. A loss of weight 0 is ignored, even if it is NaN.
   */
  sampleWeight?: SampleWeight | undefined;
  /**
   * Receives the losses (with `reduction: "none"`) or, in `valueAndGrad`, the gradient. It is a
   * container of the kind, shape and element type of that result. For the gradients of several
   * arguments it is an object of containers by the argument's name.
   */
  out?: object | undefined;
}

/** The option of losses that have `meanWeight` in their definition. */
export interface MeanWeightOptions {
  /**
   * One weight of at least 0 per loss. It multiplies the loss, and the mean divides by the sum of the
   * weights, as with `sampleWeight`. If both are given, their product counts.
   */
  weight?: SampleWeight | undefined;
}

/** Options of losses over the classes of an axis. */
export interface ClassLossOptions extends LossOptions {
  /**
   * The class axis; negative counts from the end. PyTorch's and ONNX's [N, C, d₁, …] has it at 1.
   *
   * @defaultValue -1
   */
  axis?: number | undefined;
  /** One weight per class. Each row's loss is multiplied by the weight of its target. */
  weight?: readonly number[] | FloatArray | TensorLike | undefined;
  /**
   * Rows with this target are ignored: they add nothing to the loss or to the divisor of the mean.
   *
   * @defaultValue -100
   */
  ignoreIndex?: number | undefined;
  /**
   * ε: the share of each target that is spread evenly over all classes, from 0 to 1.
   *
   * @defaultValue 0
   */
  labelSmoothing?: number | undefined;
  /**
   * Whether classes whose element is −∞ are left out of their row. Label smoothing and the target
   * probabilities of such classes then go to the other classes. If false, they make the loss infinite.
   *
   * @defaultValue false
   */
  skipMasked?: boolean | undefined;
  /**
   * The result for a row whose elements are all −∞, and for a mean over no rows (all ignored, or an
   * empty batch): NaN, as in PyTorch, or zero.
   *
   * @defaultValue "nan"
   */
  whenEmpty?: "nan" | "zero" | undefined;
}

/** Options that only `valueAndGrad` has. */
export interface GradientOptions {
  /**
   * The upstream gradient: a number, or with `reduction: "none"` also one per loss. It is a factor: as in PyTorch, 0
   * times an infinite derivative is NaN. To ignore a loss, give it a `sampleWeight` of 0.
   *
   * @defaultValue 1
   */
  gradOutput?: FloatInput | undefined;
  /**
   * The names of the arguments whose gradients are computed. The first argument must be one of them. The
   * default is all arguments that the loss differentiates. Class probabilities have a gradient only if
   * `"target"` is named.
   */
  differentiate?: readonly string[] | undefined;
}
