import type { KernelArray, View } from "@surprisal/core/authoring";

/** One call of a loss, its arguments read and checked: all that is left is to compute. */
export interface Problem {
  /** The arguments to differentiate, the loss's first argument first: results come in containers like its. */
  readonly inputs: readonly Input[];
  /** What else is read while results are written. */
  readonly further?: readonly ArrayLike<number>[];
  /** The shape of the losses. */
  readonly shape: readonly number[];
  /** What `reduction: "mean"` divides by. */
  readonly divisor: number;
  /** The mean over nothing. */
  readonly nothing: number;
  /**
   * Computes every loss, hands them to `take` block by block, and, if `gradients` are given (one
   * array per input), the derivative of each loss with respect to its inputs, times its scale.
   */
  evaluate(
    take: Take,
    scales: Scales | undefined,
    gradients: readonly KernelArray[] | undefined,
  ): void;
}

/** An argument that is differentiated. */
export interface Input {
  readonly name: string;
  readonly view: View;
}

/** Takes `count` losses, from the one numbered `first` on; `losses` may hold more, and is valid only now. */
export type Take = (first: number, count: number, losses: Float64Array) => void;

/** Puts the derivatives of the value with respect to `count` losses, times the upstream gradient, into `scales`. */
export type Scales = (first: number, count: number, scales: Float64Array) => void;

/** Everything that is read while results are written. */
export function memoryOf({ inputs, further = [] }: Problem): ArrayBufferView[] {
  const arrays: ArrayLike<number>[] = [...inputs.map(({ view }) => view.data), ...further];
  return arrays.filter((array) => ArrayBuffer.isView(array));
}
