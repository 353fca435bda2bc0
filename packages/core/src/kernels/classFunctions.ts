// Functions of the cross-entropy of every class, with soft targets.
import type { Layout } from "../arrays/layout.ts";
import type { KernelArray } from "../types.ts";
import type { RowData } from "./rowData.ts";
import type { SoftTargets } from "./softInterface.ts";

/** A function f of the cross-entropy of a class, computed for many classes at once. */
export interface ClassFunction {
  /** Its form, if it is one that kernels compute. */
  readonly form?: ClassFunctionForm | undefined;
  /**
   * Replaces the first `count` cross-entropies ℓ by f(ℓ). With `derivatives`, it also writes f′(ℓ). `p` is e^(−ℓ), the
   * probability of the class, and `complement` is 1 − p. ℓ may be 0, ∞ or NaN. Where it is ∞, f and f′ must not be NaN. It
   * must not call a kernel. It is not called for a known form.
   */
  replaceByLosses(
    values: Float64Array,
    p: Float64Array,
    complement: Float64Array,
    count: number,
    derivatives: Float64Array | undefined,
  ): void;
}

/** The forms of f that kernels compute, of the cross-entropy ℓ and the probability p. */
export type ClassFunctionForm =
  /** (1 − p)^exponent · ℓ, for a whole number of at least 1. */
  | { readonly name: "focal"; readonly exponent: number }
  /** crossEntropy · ℓ + complement · (1 − p). No factor is negative, so that nothing cancels. */
  | { readonly name: "linear"; readonly crossEntropy: number; readonly complement: number }
  /** (1 − p^exponent) / exponent. */
  | { readonly name: "power"; readonly exponent: number };

/**
 * Computes Σ c · f(−log p) of each row, p = softmax(x), and gradient = gradScale · (p · Σ s − s) with
 * s = c · f′(−log p), in float64. Coefficients are those of `SoftCrossEntropyKernel`; there is no zLoss.
 *
 * Probabilities below 4e-308 are rounded to 0. An upstream gradient above 2⁵⁰⁰ could make their gradients matter, so check
 * for one with `hasGradScaleAbove` before the call.
 *
 * @returns whether it computed the call: it leaves inputs of float64, and options that it does not have, to the caller.
 * The number of rows and the logits do not decide it, so that blocks of a call are computed alike.
 */
export type ComposedSoftCrossEntropyKernel = (
  x: KernelArray,
  layout: Layout,
  targets: SoftTargets,
  rowData: RowData,
  gradient: KernelArray | undefined,
  loss: ClassFunction,
) => boolean;
