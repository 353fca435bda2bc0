import type { KernelArray } from "../types.ts";

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
  /** y · softplus(−x) + (1 − y) · softplus(x) and sigmoid(x) − y. Neither of them cancels. */
  readonly binaryCrossEntropy: PairLossKernel;
}

/** The names of the element kernels. */
export type ElementKernelName = keyof ElementKernels;
