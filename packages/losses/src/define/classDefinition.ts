import type {
  Kernels,
  SoftCrossEntropyKernel,
  SoftcapCrossEntropyKernel,
} from "@surprisal/core/authoring";
import type { LossDefinition } from "./makeLoss.ts";
import type { SingleRowGradient, SingleRowLoss } from "./singleRow.ts";
import type { ClassLosses } from "./targetGradient.ts";

/**
 * Returns the loss of one row: Σⱼ cⱼ · ℓⱼ(x), where ℓⱼ is the loss if class j were the target.
 *
 * The coefficients c combine the target, class weights and label smoothing. For a class index t
 * without weights or smoothing, cₜ is 1 and every other coefficient is 0. `gradient`, if given,
 * holds zeros and receives the derivative with respect to x. The function may overwrite all three
 * arrays. It is not called for a row whose coefficients are all 0.
 */
export type ClassFormula = (
  x: Float64Array,
  coefficients: Float64Array,
  gradient: Float64Array | undefined,
) => number;

/** Computes the losses of all rows, for class indices without label smoothing. */
export type ClassIndexKernel = Kernels["crossEntropy"];

/** The definition of a loss over the classes of an axis. */
export interface ClassLossDefinition<Specific> extends LossDefinition<Specific> {
  readonly kind: "class";
  /** The divisor of the mean: the weights of the targets (default), or the number of rows not ignored. */
  readonly meanOver?: "weights" | "rows";
  /** Whether a number is a row of one class. The default is false: the input must have a class axis. */
  readonly takesNumbers?: boolean;
  /** Returns the formula of one row, for these options and this number of classes. */
  formula(options: Specific, classes: number): ClassFormula;
  /**
   * Returns a kernel that replaces the formula for class indices without label smoothing, or
   * undefined if these options need the formula.
   */
  classIndexKernel?(options: Specific): ClassIndexKernel | undefined;
  /**
   * Returns a kernel that replaces the formula for all targets, where it computes the call, or
   * undefined if these options need the formula. The kernel must apply all that it receives, `softcap` and `skipMasked`
   * too, or return false.
   */
  softTargetKernel?(options: Specific): SoftCrossEntropyKernel | undefined;
  /**
   * Returns the function that writes each ℓⱼ(x). With it, `valueAndGrad` has the gradient of class
   * probabilities, too, for a call that asks for it.
   */
  classLosses?(options: Specific): ClassLosses;
  /** Computes one short row faster than the kernel. */
  readonly singleRow?: SingleRowLoss;
  /** Computes the gradient of one short row faster than the kernel, and with the same bits. */
  readonly singleRowGradient?: SingleRowGradient;
  /** Returns the cap s of the logits: the formula gets s·tanh(x/s) for each logit x. */
  softcap?(options: Specific): number;
  /**
   * Returns a kernel that replaces `classIndexKernel` for capped logits, where it computes the call, or
   * undefined if these options need the formula.
   */
  softcapKernel?(options: Specific): SoftcapCrossEntropyKernel | undefined;
  /** Returns whether the loss has a part that is not proportional to the coefficients. The default is false. */
  hasPenalty?(options: Specific): boolean;
}
