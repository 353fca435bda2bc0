import type { IntegerArray } from "../types.ts";

/** Options of functions that work along an axis. */
export interface AxisOptions {
  /**
   * The axis to work along, or several axes, which count as one; a negative axis counts from the end.
   *
   * @defaultValue -1
   */
  axis?: number | readonly number[] | IntegerArray | undefined;
  /** Receives the result: a container of the result's kind, shape and element type. It may be an input. */
  out?: object | undefined;
}

/** Options of `softmax` and `logSoftmax`. */
export interface SoftmaxOptions extends AxisOptions {
  /**
   * The number that divides the logits, finite and above 0. A temperature above 1 makes the
   * probabilities more equal; one below 1 makes the largest probability larger.
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

/** Options of elementwise functions. */
export interface ElementOptions {
  /** Receives the result: a container of the result's kind, shape and element type. It may be an input. */
  out?: object | undefined;
}
