import type { KernelArray, View } from "@surprisal/core/kernels";

/** One call of a loss, its arguments read and checked: all that is left is to compute. */
export interface Problem {
  /** The arguments to differentiate, the loss's first argument first: results come in containers like its. */
  readonly inputs: readonly Input[];
  /** The shape of the losses. */
  readonly shape: readonly number[];
  /** What `reduction: "mean"` divides by. */
  readonly divisor: number;
  /** The mean over nothing. */
  readonly nothing: number;
  /**
   * Computes every loss and, if `gradients` are given (one array per input), the derivative of
   * each loss with respect to its inputs, times its scale. May change `scales`.
   */
  evaluate(
    losses: Float64Array,
    scales: Float64Array | undefined,
    gradients: readonly KernelArray[] | undefined,
  ): void;
}

/** An argument that is differentiated. */
export interface Input {
  readonly name: string;
  readonly view: View;
}
