import type { Layout } from "../arrays/layout.ts";
import type { KernelArray } from "../types.ts";
import type { RowData } from "./rowData.ts";

/**
 * The operations that have an implementation per instruction set.
 *
 * Arrays are row-major and gapless, `layout` says where the rows run. `out` and `gradient` may be
 * the very elements that are read: an implementation reads a row before it writes it.
 */
export interface Kernels {
  /** out = exp(x/T) / Σ exp(x/T); a row of nothing but −∞ is filled with `empty`. */
  softmax(
    x: KernelArray,
    out: KernelArray,
    layout: Layout,
    temperature: number,
    empty: number,
  ): void;

  /** out = x/T − log Σ exp(x/T); a row of nothing but −∞ is filled with `empty`. */
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
   * Per row the value −log softmax(x)[class], and gradient = scale · (softmax(x) − one-hot).
   * A row of class −1 has value 0 and gradient 0.
   */
  crossEntropy(
    x: KernelArray,
    layout: Layout,
    rowData: RowData,
    gradient: KernelArray | undefined,
  ): void;
}
