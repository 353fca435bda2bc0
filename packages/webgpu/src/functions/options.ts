import type { FloatInput, IntegerInput, NestedNumbers } from "@surprisal/core";
import type { SampleWeight } from "@surprisal/core/authoring";
import type { GpuCommandEncoder } from "../platformTypes.ts";
import type { GpuTensor } from "../tensorTypes.ts";

/** Class indices or probabilities: a tensor of the GPU, or any container of the CPU, which is copied there. */
export type GpuTarget = GpuTensor | IntegerInput | NestedNumbers;

/** Numbers on the GPU or in any container of the CPU. */
export type GpuNumbers = GpuTensor | FloatInput | IntegerInput | NestedNumbers;

/** Options of every loss. */
export interface GpuLossOptions extends CallOptions {
  /**
   * How the losses become one number: their mean or their sum; `"none"` returns each loss.
   *
   * @defaultValue "mean"
   */
  reduction?: "mean" | "sum" | "none" | undefined;
  /**
   * One weight of at least 0 per loss, or size 1 along axes that repeat the weights. It multiplies the loss and its
   * gradient, and the mean divides by the sum of the weights. A loss of weight 0 is ignored, even if it is NaN.
   */
  sampleWeight?: SampleWeight | GpuTensor | undefined;
}

/** Options of `valueAndGrad` that a loss itself does not have, or has in another form. */
export interface GpuGradientOptions<Name extends string = "input"> {
  /**
   * Receives the gradient of the first argument; or an object of tensors by the argument's name, for several gradients.
   * Each is a float32 tensor of its argument's shape, row-major. It must not share memory with an argument or another
   * gradient.
   */
  out?: GpuTensor | { readonly [Argument in Name]?: GpuTensor | undefined } | undefined;
  /**
   * The upstream gradient: a number, or with `reduction: "none"` also one per loss.
   *
   * @defaultValue 1
   */
  gradOutput?: FloatInput | GpuTensor | undefined;
}

/** Options of `nllLoss`. */
export interface GpuNllLossOptions extends GpuLossOptions {
  /**
   * The class axis; negative counts from the end.
   *
   * @defaultValue -1
   */
  axis?: number | undefined;
  /** One weight per class. Each row's loss is multiplied by the weight of its target. */
  weight?: GpuNumbers | undefined;
  /**
   * Rows with this target are ignored.
   *
   * @defaultValue -100
   */
  ignoreIndex?: number | undefined;
  /**
   * The result for a row whose elements are all −∞, and for a mean over no rows: NaN, as in PyTorch, or zero.
   *
   * @defaultValue "nan"
   */
  whenEmpty?: "nan" | "zero" | undefined;
}

/** Options of `crossEntropy`. */
export interface GpuCrossEntropyOptions extends GpuNllLossOptions {
  /**
   * ε: the share of each target that is spread evenly over all classes, from 0 to 1.
   *
   * @defaultValue 0
   */
  labelSmoothing?: number | undefined;
  /**
   * Whether classes whose logit is −∞ are left out of their row. Label smoothing then goes to the other
   * classes. It is for class indices.
   *
   * @defaultValue false
   */
  skipMasked?: boolean | undefined;
  /**
   * λ: λ·logSumExp(x)² is added to each loss. A finite number of at least 0.
   *
   * @defaultValue 0
   */
  zLoss?: number | undefined;
  /** s: each logit x becomes s·tanh(x/s). A number above 0. */
  softcap?: number | undefined;
}

/** The options that only `valueAndGrad` of a loss of single elements has. */
export interface GpuPairGradientOptions extends GpuGradientOptions<"input" | "target"> {
  /**
   * The names of the arguments whose gradients are computed. `"input"` must be one of them. The default is
   * all arguments that hold floats. Without the target's gradient, fewer bytes are written.
   */
  differentiate?: readonly ("input" | "target")[] | undefined;
}

/** Options of `linearCrossEntropy`. */
export interface GpuLinearCrossEntropyOptions extends Omit<GpuCrossEntropyOptions, "axis"> {
  /** One number for each token, which is added to its logits. */
  bias?: GpuNumbers | undefined;
  /**
   * Whether position t is scored against target t + 1, as for a causal language model. sampleWeight then
   * has one weight per token, and gradOutput one number per loss.
   *
   * @defaultValue false
   */
  shift?: boolean | undefined;
}

/** The options that only `linearCrossEntropy.valueAndGrad` has. */
export interface GpuLinearGradientOptions extends GpuGradientOptions<"input" | "weight" | "bias"> {
  /**
   * The names of the arguments whose gradients are computed. `"input"` must be one of them. The default is
   * all arguments that are given.
   */
  differentiate?: readonly ("input" | "weight" | "bias")[] | undefined;
}

/** Options of a loss of single elements. Its own options are those of the loss on the CPU. */
export interface GpuElementOptions extends Omit<GpuLossOptions, "reduction"> {
  /**
   * How the losses become one number. Only `klDiv` has `"batchmean"`.
   *
   * @defaultValue "mean"
   */
  reduction?: "mean" | "sum" | "none" | "batchmean" | undefined;
  /**
   * One weight per element. For `huberLoss` and `binaryCrossEntropyWithLogits`, it is broadcast to the losses. For
   * `mseLoss` and `l1Loss`, it has the shape of the losses and counts like `sampleWeight`.
   */
  weight?: GpuNumbers | undefined;
}

/** Options of every function. */
export interface CallOptions {
  /**
   * The encoder that receives the commands. You submit it, and read results after that. Without it, the
   * call submits its own commands at once.
   */
  encoder?: GpuCommandEncoder | undefined;
  /** Receives the result: a float32 tensor of its shape, row-major. It must not share memory with an argument. */
  out?: GpuTensor | undefined;
}

/** Options of `softmax` and `logSoftmax`. */
export interface GpuSoftmaxOptions extends CallOptions {
  /**
   * The axis of the classes; negative counts from the end.
   *
   * @defaultValue -1
   */
  axis?: number | undefined;
  /**
   * The number that divides the logits, finite and above 0.
   *
   * @defaultValue 1
   */
  temperature?: number | undefined;
  /**
   * The result of a row in which every logit is −∞: NaN, as in PyTorch, or zeros.
   *
   * @defaultValue "nan"
   */
  whenEmpty?: "nan" | "zero" | undefined;
}

/** Options of `logSumExp`. */
export interface GpuLogSumExpOptions extends CallOptions {
  /**
   * The axis that is summed; negative counts from the end.
   *
   * @defaultValue -1
   */
  axis?: number | undefined;
  /**
   * Whether the axis stays in the shape, with size 1.
   *
   * @defaultValue false
   */
  keepDims?: boolean | undefined;
}

/** Options of `tokenEntropy`. */
export interface GpuTokenOptions extends CallOptions {
  /**
   * The number that divides the logits, finite and above 0.
   *
   * @defaultValue 1
   */
  temperature?: number | undefined;
}

/** Options of `topLogProbs`. */
export type GpuTopLogProbsOptions = Omit<GpuTokenOptions, "out">;

/** Options of `tokenLogProbs`. */
export interface GpuTokenLogProbsOptions extends Omit<GpuTokenOptions, "out"> {
  /**
   * Whether position t is scored against id t + 1, as for the logits of a causal language model.
   *
   * @defaultValue false
   */
  shift?: boolean | undefined;
  /**
   * Positions with this id have the result 0.
   *
   * @defaultValue -100
   */
  ignoreIndex?: number | undefined;
}
