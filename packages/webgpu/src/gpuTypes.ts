import type { FloatInput } from "@surprisal/core";
import type {
  CallOptions,
  GpuCrossEntropyOptions,
  GpuElementOptions,
  GpuGradientOptions,
  GpuLinearCrossEntropyOptions,
  GpuLinearGradientOptions,
  GpuLogSumExpOptions,
  GpuNllLossOptions,
  GpuNumbers,
  GpuPairGradientOptions,
  GpuSoftmaxOptions,
  GpuTarget,
  GpuTokenLogProbsOptions,
  GpuTokenOptions,
  GpuTopLogProbsOptions,
} from "./functions/options.ts";
import type { GpuArray } from "./gpuArrays.ts";
import type { GpuBuffer, GpuDevice } from "./platformTypes.ts";
import type { GpuTensor, TensorOptions } from "./tensorTypes.ts";

/** A loss on the GPU. */
export interface GpuLoss<Target, Options> {
  /** Returns each loss. */
  (input: GpuTensor, target: Target, options: Options & { reduction: "none" }): GpuTensor;
  /** Returns the mean or the sum of the losses. */
  (input: GpuTensor, target: Target, options?: Options): GpuTensor<number>;
  /** Returns the loss and the gradient of the input. */
  valueAndGrad(
    input: GpuTensor,
    target: Target,
    options?: Omit<Options, "out"> & GpuGradientOptions,
  ): { readonly value: GpuTensor; readonly grad: GpuTensor };
}

/** The cross-entropy of a language model's last layer, from its hidden states. */
export interface GpuLinearLoss {
  /** Returns each loss. */
  (
    input: GpuTensor,
    weight: GpuTensor,
    target: GpuTarget,
    options: GpuLinearCrossEntropyOptions & { reduction: "none" },
  ): GpuTensor;
  /** Returns the mean or the sum of the losses. */
  (
    input: GpuTensor,
    weight: GpuTensor,
    target: GpuTarget,
    options?: GpuLinearCrossEntropyOptions,
  ): GpuTensor<number>;
  /** Returns the loss and the gradients of input, weight and, if it is given, bias. `grad` is that of input. */
  valueAndGrad(
    input: GpuTensor,
    weight: GpuTensor,
    target: GpuTarget,
    options?: Omit<GpuLinearCrossEntropyOptions, "out"> & GpuLinearGradientOptions,
  ): {
    readonly value: GpuTensor;
    readonly grad: GpuTensor;
    readonly grads: {
      readonly input: GpuTensor;
      readonly weight?: GpuTensor;
      readonly bias?: GpuTensor;
    };
  };
}

/** Options of functions along an axis that have no others. */
export interface GpuAxisOptions extends CallOptions {
  /**
   * The axis; negative counts from the end.
   *
   * @defaultValue -1
   */
  axis?: number | undefined;
}

/** The most probable tokens of each position, most probable first, of shape […, k]. */
export interface GpuTopLogProbs {
  /** Their ids, of type int32. */
  readonly indices: GpuTensor;
  /** Their log-probabilities, in nats. */
  readonly logProbs: GpuTensor;
}

/** A loss of single elements that also differentiates its target. */
export interface GpuPairLoss<Options> {
  /** Returns each loss. */
  (input: GpuTensor, target: GpuNumbers, options: Options & { reduction: "none" }): GpuTensor;
  /** Returns the mean or the sum of the losses. */
  (input: GpuTensor, target: GpuNumbers, options?: Options): GpuTensor<number>;
  /** Returns the loss and the gradients of input and, unless it holds integers, target. `grad` is that of input. */
  valueAndGrad(
    input: GpuTensor,
    target: GpuNumbers,
    options?: Omit<Options, "out"> & GpuPairGradientOptions,
  ): {
    readonly value: GpuTensor;
    readonly grad: GpuTensor;
    readonly grads: { readonly input: GpuTensor; readonly target?: GpuTensor };
  };
}

type PairLoss<Own> = GpuPairLoss<GpuElementOptions & Own>;
type ElementLoss<Own> = GpuLoss<GpuNumbers, GpuElementOptions & Own>;

/**
 * The functions of this package on one device.
 *
 * Names, options and values are those of `@surprisal/core`, `@surprisal/losses` and `@surprisal/language`. Inputs
 * and results are tensors of the GPU; a function returns at once, and `read()` waits for the result.
 */
export interface Gpu {
  /** The `GPUDevice`. */
  readonly device: GpuDevice;
  /**
   * Wraps a `GPUBuffer` without copying it, or copies an array to the GPU.
   *
   * Tensors of onnxruntime-web and of transformers.js whose location is "gpu-buffer", and the result of
   * `dataToGPU()` of TensorFlow.js, are wrapped as they are, with their shape and type. They must be on this device:
   * make the functions with `onGpu(await ort.env.webgpu.device)` or `onGpu(tf.backend().device)`. If a buffer
   * belongs to another device, `read()` of the tensor and of each result throws a `GpuError` that says so.
   *
   * @param data a `GPUBuffer` of this device, an array on the GPU, or numbers in any container.
   * @param shape the shape; it may be left out if the data has one.
   * @param options type; for a buffer also offset and strides.
   * @throws TypeError if an argument is of the wrong kind.
   * @throws RangeError if the shape does not fit, or the buffer is larger than the device allows.
   */
  tensor(
    data: GpuBuffer | GpuArray | FloatInput | GpuNumbers,
    shape?: readonly number[],
    options?: TensorOptions,
  ): GpuTensor;
  /** Makes a float32 tensor of zeros, to receive a result with `out`. */
  empty(shape: readonly number[]): GpuTensor;
  /** Computes exp(xⱼ) / Σ exp(x) along an axis, like `softmax` of `@surprisal/core`. */
  softmax(input: GpuTensor, options?: GpuSoftmaxOptions): GpuTensor;
  /** Computes xⱼ − log Σ exp(x) along an axis, like `logSoftmax` of `@surprisal/core`. */
  logSoftmax(input: GpuTensor, options?: GpuSoftmaxOptions): GpuTensor;
  /** Computes log Σ exp(x) along an axis, like `logSumExp` of `@surprisal/core`. */
  logSumExp(input: GpuTensor, options?: GpuLogSumExpOptions): GpuTensor;
  /** Computes p·(g − Σ g·p): the gradient of softmax, from its output p and the upstream gradient g. */
  softmaxBackward(gradOutput: GpuTensor, output: GpuTensor, options?: GpuAxisOptions): GpuTensor;
  /** Computes g − exp(y)·Σ g: the gradient of logSoftmax, from its output y and the upstream gradient g. */
  logSoftmaxBackward(gradOutput: GpuTensor, output: GpuTensor, options?: GpuAxisOptions): GpuTensor;
  /** Computes the cross-entropy of logits, like `crossEntropy` of `@surprisal/losses`. */
  readonly crossEntropy: GpuLoss<GpuTarget, GpuCrossEntropyOptions>;
  /**
   * Computes crossEntropy of input · weightᵀ + bias, like `linearCrossEntropy` of `@surprisal/language`, without the
   * logits of all positions ever being in memory.
   */
  readonly linearCrossEntropy: GpuLinearLoss;
  /** Computes −log pₜ from log-probabilities, like `nllLoss` of `@surprisal/losses`. */
  readonly nllLoss: GpuLoss<GpuTarget, GpuNllLossOptions>;
  /** Computes the log-probability of each id, like `tokenLogProbs` of `@surprisal/language`. */
  tokenLogProbs(logits: GpuTensor, ids: GpuTarget, options?: GpuTokenLogProbsOptions): GpuTensor;
  /**
   * Finds the k most probable tokens of each position, like `topLogProbs` of `@surprisal/language`: sorted, and of
   * equally probable tokens the one with the lower id first. `indices` is an int32 tensor.
   */
  topLogProbs(logits: GpuTensor, k: number, options?: GpuTopLogProbsOptions): GpuTopLogProbs;
  /** Computes −Σ p·log p at each position, like `tokenEntropy` of `@surprisal/language`. */
  tokenEntropy(logits: GpuTensor, options?: GpuTokenOptions): GpuTensor;
  /** Computes (x − t)². */
  readonly mseLoss: PairLoss<object>;
  /** Computes |x − t|. */
  readonly l1Loss: PairLoss<object>;
  /** Computes (x − t)² / (2 · beta) where |x − t| < beta, else |x − t| − beta / 2. */
  readonly smoothL1Loss: PairLoss<{ beta?: number }>;
  /** Computes (x − t)² / 2 where |x − t| ≤ delta, else delta · (|x − t| − delta / 2). */
  readonly huberLoss: PairLoss<{ delta?: number }>;
  /** Computes the binary cross-entropy of logits. */
  readonly binaryCrossEntropyWithLogits: PairLoss<{ posWeight?: GpuNumbers }>;
  /** Computes log(1 + exp(−t · x)). */
  readonly softMarginLoss: ElementLoss<object>;
  /** Computes the negative log-likelihood of counts under a Poisson distribution. */
  readonly poissonNllLoss: PairLoss<{ logInput?: boolean; full?: boolean; eps?: number }>;
  /** Computes t · (log t − x), of a target t and log-probabilities x. */
  readonly klDiv: PairLoss<{ logTarget?: boolean }>;
  /** Computes x for the target 1, and max(0, margin − x) for −1. */
  readonly hingeEmbeddingLoss: ElementLoss<{ margin?: number }>;
  /** Computes log cosh(x − t). */
  readonly logCoshLoss: PairLoss<object>;
}
