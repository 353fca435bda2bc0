import type { CompensatedSum, FloatView, KernelArray, NumberView } from "@surprisal/core/authoring";
import type { Weigh } from "./sampleWeight.ts";

/** One call of a loss whose arguments have been read and checked. */
export interface PreparedLoss {
  /** The differentiated arguments. The first is the loss's first argument; results take its container. */
  readonly inputs: readonly DifferentiableInput[];
  /**
   * The names of all arguments that this loss differentiates, if `inputs` may lack some: those that hold
   * integers have no gradient.
   */
  readonly differentiable?: readonly string[] | undefined;
  /** Further arrays that are read while results are written. */
  readonly otherInputs?: readonly NumberView[];
  /** The shape of the losses. */
  readonly shape: readonly number[];
  /** One weight per loss, which multiplies it and its gradient. */
  readonly sampleWeight: Float64Array | undefined;
  /** Whether `evaluate` calls an author's functions between its first write and its last. */
  readonly canThrow?: boolean;
  /** The divisor of `reduction: "mean"`. */
  readonly meanDivisor: number;
  /** The mean when its divisor is 0. */
  readonly emptyMean: number;
  /** Multiplies losses by their weights, if there is a kernel for it. */
  readonly weigh?: Weigh;
  /** Starts the sum of the losses, if they have one that is faster than the compensated sum. */
  readonly startSum?: () => CompensatedSum;
  /**
   * Computes every loss and passes the losses to `storeLosses` block by block. A loss of weight 0 and its
   * gradient are 0. Other weights are applied later.
   *
   * If `gradients` are given, it also writes the derivative of each loss with respect to its inputs, times the
   * scale that `loadGradScale` gives for that loss. There is one array per input, or undefined if the call does
   * not want that gradient.
   */
  evaluate(
    storeLosses: StoreLosses,
    loadGradScale: LoadGradScale | undefined,
    gradients: readonly (KernelArray | undefined)[] | undefined,
  ): void;
}

/** What a loss is computed with, block by block, whatever its kind. */
export interface BlockEvaluation {
  readonly isFloat32: boolean;
  readonly loadGradScale: LoadGradScale | undefined;
  readonly sampleWeight: KernelArray | undefined;
  readonly storeLosses: StoreLosses;
}

/** An argument that is differentiated. */
export interface DifferentiableInput {
  readonly name: string;
  readonly tensor: FloatView;
}

/** Stores `count` losses, starting with loss number `first`. `losses` is reused after the call. */
export interface StoreLosses {
  (first: number, count: number, losses: KernelArray): void;
  /** Adds the sum of a block's losses, which have been multiplied by their weights, if losses are only summed by block. */
  readonly addSum?: ((sum: number) => void) | undefined;
  /** The array of the losses, if they are only copied to it in their order, once they have been multiplied by weights. */
  readonly target?: KernelArray | undefined;
}

/** Writes ∂value/∂loss times the upstream gradient to `gradScale`, for `count` losses from `first` on. */
export interface LoadGradScale {
  (first: number, count: number, gradScale: Float64Array): void;
  /** The factor, if it is the same for all losses. */
  readonly constant?: number;
  /** The factor without the weights of losses, if it is the same for all of them. */
  readonly unweighted?: number | undefined;
  /** The factors without the weights of losses, if each loss has its upstream gradient. */
  readonly upstream?: KernelArray | undefined;
}

/** Returns everything that is read while results are written. */
export function inputViews({ inputs, otherInputs = [] }: PreparedLoss): NumberView[] {
  return [...inputs.map(({ tensor }) => tensor), ...otherInputs];
}

/** Returns every typed array that is read while results are written. */
export function inputArrays(prepared: PreparedLoss): ArrayBufferView[] {
  return inputViews(prepared)
    .map(({ data }) => data)
    .filter((data) => ArrayBuffer.isView(data));
}
