/** Options of functions that work along an axis. */
export interface AxisOptions {
  /**
   * The axis along which to work; negative counts from the end.
   *
   * @defaultValue -1
   */
  axis?: number;
  /** Receives the result: a container like the result's, of its shape and element type. May be the input. */
  out?: object;
}

/** Options of `softmax` and `logSoftmax`. */
export interface SoftmaxOptions extends AxisOptions {
  /**
   * Divides the logits: above 1 flattens the distribution, below 1 sharpens it.
   * A finite number above 0.
   *
   * @defaultValue 1
   */
  temperature?: number;
  /**
   * What a row of nothing but −∞ gives: NaN, as in PyTorch, or zeros.
   *
   * @defaultValue "nan"
   */
  whenEmpty?: "nan" | "zero";
}

/** Options of functions that work on each element alone. */
export interface ElementOptions {
  /** Receives the result: a container like the result's, of its shape and element type. May be the input. */
  out?: object;
}
