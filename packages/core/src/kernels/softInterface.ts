// The cross-entropy with options that have kernels of their own: soft targets, and a softcap.
import type { Layout } from "../arrays/layout.ts";
import type { KernelArray } from "../types.ts";
import type { RowData } from "./rowData.ts";

/**
 * The coefficients cⱼ of the classes in a cross-entropy: cⱼ = wⱼ · ((1 − ε) · qⱼ + ε / C), where q is a row of
 * class probabilities, or the one-hot row of a class index.
 */
export interface SoftTargets {
  /** The class probabilities, in the layout of the logits; undefined for class indices. */
  readonly probabilities: ArrayLike<number> | undefined;
  /** w: one weight per class. */
  readonly weight: KernelArray | undefined;
  /** ε, from 0 to 1. */
  readonly labelSmoothing: number;
  /** The factor of logSumExp(x)², which is added to each loss. */
  readonly zLoss: number;
  /** s: each logit x becomes s · tanh(x / s), rounded to float32. Without a softcap it is Infinity. */
  readonly softcap: number;
  /**
   * Whether masked classes, whose logit is −∞, are left out: C counts the others, and q is spread over them. A softcap leaves −∞ as it is then.
   */
  readonly skipMasked: boolean;
  /**
   * Whether weights and label smoothing are known to be in the range of the kernels: a block of a call that has been
   * checked need not check them again.
   */
  readonly areInRange?: boolean;
  /**
   * Receives the bitwise or of all probabilities, as integers of 32 bits, before the kernel returns true. Probabilities
   * are read from memory once if a kernel does both.
   */
  readonly receiveBits?: ((bits: number) => void) | undefined;
}

/**
 * Computes Σ c · (logSumExp(x) − x) + zLoss · logSumExp(x)² of each row, and
 * gradient = gradScale · ((Σ c + 2 · zLoss · logSumExp(x)) · softmax(x) − c).
 *
 * A class of coefficient 0 contributes nothing, even if its loss is infinite. A row of target −1, and one
 * with no other coefficients, has value 0 and gradient 0.
 *
 * @returns whether it computed the call: it leaves small inputs and those of float64 to the caller.
 */
export type SoftCrossEntropyKernel = (
  x: KernelArray,
  layout: Layout,
  targets: SoftTargets,
  rowData: RowData,
  gradient: KernelArray | undefined,
) => boolean;

/** What replaces each logit x by s · tanh(x / s). */
export interface Softcap {
  /** s. */
  readonly cap: number;
  /** Whether a masked logit (−∞) stays −∞ instead of becoming −s. */
  readonly skipMasked: boolean;
}

/**
 * Computes the cross-entropy of capped logits, which are rounded to float32, and its gradient by the logits;
 * see `Kernels`.
 *
 * @returns whether it computed the call: it leaves small inputs and those of float64 to the caller.
 */
export type SoftcapCrossEntropyKernel = (
  x: KernelArray,
  layout: Layout,
  rowData: RowData,
  gradient: KernelArray | undefined,
  softcap: Softcap,
) => boolean;
