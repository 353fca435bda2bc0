import type { Layout } from "../arrays/layout.ts";
import type { KernelArray } from "../types.ts";
import type { RowData } from "./rowData.ts";

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

/** Writes a function of the first `count` elements of `x` to `out`, which may be `x`. */
export type UnaryKernel = (x: KernelArray, out: KernelArray, count: number) => void;

/** Writes a function of the first `count` elements of `a` and `b` to `out`, which may be one of them. */
export type BinaryKernel = (
  a: KernelArray,
  b: KernelArray,
  out: KernelArray,
  count: number,
) => void;

/** Writes the losses of the first `count` pairs of `x` and `y`, and their derivatives by x to `gradient`, if given. */
export type PairLossKernel = (
  x: KernelArray,
  y: KernelArray,
  losses: KernelArray,
  gradient: KernelArray | undefined,
  count: number,
) => void;

/**
 * The elementwise functions that every backend computes.
 *
 * An output is the same elements as an input, or does not overlap it. Float32 arrays of 64 elements or
 * more are computed with SIMD, to 2.5 ulp or better; all others by `Math` in float64.
 */
export interface ElementKernels {
  readonly exp: UnaryKernel;
  readonly expm1: UnaryKernel;
  readonly log: UnaryKernel;
  readonly log1p: UnaryKernel;
  readonly tanh: UnaryKernel;
  readonly sigmoid: UnaryKernel;
  readonly softplus: UnaryKernel;
  readonly logSigmoid: UnaryKernel;
  /** softplus(x) and sigmoid(x), its derivative, which share their exponential. */
  readonly softplusSigmoid: (
    x: KernelArray,
    softplus: KernelArray,
    sigmoid: KernelArray,
    count: number,
  ) => void;
  readonly logAddExp: BinaryKernel;
  /** (x − y)² and 2 (x − y). */
  readonly squaredDifference: PairLossKernel;
  /** y · softplus(−x) + (1 − y) · softplus(x) and sigmoid(x) − y. Neither cancels for a certain y. */
  readonly binaryCrossEntropy: PairLossKernel;
}
