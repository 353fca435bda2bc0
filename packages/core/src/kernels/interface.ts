import type { Layout } from "../arrays/layout.ts";
import type { KernelArray } from "../types.ts";
import type { ComposedRowData, RowData } from "./rowData.ts";

/**
 * The operations that every backend computes.
 *
 * Arrays are row-major and contiguous; `layout` says along which axis the rows run. `out` and
 * `gradient` may be the same elements as an input: an implementation reads a row before it writes it.
 */
export interface Kernels {
  /** out = exp(x/T) / Σ exp(x/T); a row of only −∞ is filled with `empty`. */
  softmax(
    x: KernelArray,
    out: KernelArray,
    layout: Layout,
    temperature: number,
    empty: number,
  ): void;

  /** out = x/T − log Σ exp(x/T); a row of only −∞ is filled with `empty`. */
  logSoftmax(
    x: KernelArray,
    out: KernelArray,
    layout: Layout,
    temperature: number,
    empty: number,
  ): void;

  /** out[row] = log Σ exp(x). */
  logSumExp(x: KernelArray, out: KernelArray, layout: Layout): void;

  /** out = y · (g − Σ g·y) for softmax's output y and the upstream gradient g. */
  softmaxBackward(g: KernelArray, y: KernelArray, out: KernelArray, layout: Layout): void;

  /** out = g − exp(y) · Σ g for logSoftmax's output y and the upstream gradient g. */
  logSoftmaxBackward(g: KernelArray, y: KernelArray, out: KernelArray, layout: Layout): void;

  /**
   * Computes −log softmax(x)[target] of each row, and gradient = gradScale · (softmax(x) − one-hot).
   * A row of target −1 has value 0 and gradient 0.
   */
  crossEntropy(
    x: KernelArray,
    layout: Layout,
    rowData: RowData,
    gradient: KernelArray | undefined,
  ): void;
}

/** The same operations for some inputs only: each returns whether it computed the call. */
export type PartialKernels = {
  readonly [Name in keyof Kernels]: (...args: Parameters<Kernels[Name]>) => boolean;
};

/** Computes the cross-entropy of each row, and its gradient times a factor that depends on the value. */
export type ComposedCrossEntropyKernel = (
  x: KernelArray,
  layout: Layout,
  rowData: ComposedRowData,
  gradient: KernelArray | undefined,
) => void;
