import type { FloatView, KernelArray } from "@surprisal/core/authoring";

/** One call of a loss, its arguments read and checked: all that is left is to compute. */
export interface PreparedLoss {
  /** The arguments to differentiate, the loss's first argument first: results come in containers like its. */
  readonly inputs: readonly DifferentiableInput[];
  /** What else is read while results are written. */
  readonly otherInputs?: readonly ArrayLike<number>[];
  /** The shape of the losses. */
  readonly shape: readonly number[];
  /** What `reduction: "mean"` divides by. */
  readonly divisor: number;
  /** The mean over nothing. */
  readonly emptyMean: number;
  /**
   * Computes every loss, hands them to `take` block by block, and, if `gradients` are given (one
   * array per input), the derivative of each loss with respect to its inputs, times its scale.
   */
  evaluate(
    storeLosses: StoreLosses,
    loadGradScale: LoadGradScale | undefined,
    gradients: readonly KernelArray[] | undefined,
  ): void;
}

/** An argument that is differentiated. */
export interface DifferentiableInput {
  readonly name: string;
  readonly view: FloatView;
}

/** Takes `count` losses, from the one numbered `first` on; `losses` may hold more, and is valid only now. */
export type StoreLosses = (first: number, count: number, losses: Float64Array) => void;

/** Puts the derivatives of the value with respect to `count` losses, times the upstream gradient, into `gradScale`. */
export type LoadGradScale = (first: number, count: number, gradScale: Float64Array) => void;

/** Everything that is read while results are written. */
export function memoryOf({ inputs, otherInputs = [] }: PreparedLoss): ArrayBufferView[] {
  const arrays: ArrayLike<number>[] = [...inputs.map(({ view }) => view.data), ...otherInputs];
  return arrays.filter((array) => ArrayBuffer.isView(array));
}
