import { bufferPool, type ClassFunctionForm, numeric } from "@surprisal/core/authoring";
import { classLoss } from "../define/classLoss.ts";
import type { ClassLossOptions, ClassTarget, Loss } from "../define/defineLoss.ts";
import { powerOf } from "../define/power.ts";
import { type ProbabilityLoss, probabilityLoss } from "../define/probabilityLoss.ts";

/** Options of `focalLoss`. */
export interface FocalLossOptions extends ClassLossOptions {
  /**
   * How fast the weight of an easy row falls. A finite number of at least 0; 0 gives the
   * cross-entropy.
   *
   * @defaultValue 2
   */
  gamma?: number | undefined;
}

/**
 * Computes the cross-entropy of each row, with less weight on rows that the model already gets right.
 *
 * If most rows are easy, their many small losses outweigh the few large ones. The factor (1 − pₜ)^gamma
 * shrinks the small losses.
 *
 * ℓ = −(1 − pₜ)^γ log pₜ, p = softmax(x); ∂ℓ/∂xⱼ = ((1 − pₜ)^γ − γ pₜ (1 − pₜ)^(γ − 1) log pₜ) (pⱼ −
 * [j = t])
 *
 * With label smoothing or class probabilities, every class has a loss. That of a row is the sum of these, each
 * times its coefficient and its class weight. The mean divides by the sum of the weights of
 * the targets. With class probabilities, it divides by the number of rows.
 *
 * @param input logits of shape [C], [N, C], […, C], or any with `axis`.
 * @param target class indices (0 to C − 1), of the input's shape without its class axis, or class
 * probabilities, of the input's shape.
 * @param options reduction, axis, weight, sampleWeight, ignoreIndex, labelSmoothing, skipMasked,
 * whenEmpty, gamma, out; in `valueAndGrad` also gradOutput.
 * @returns the loss: a number, or with `reduction: "none"` one per row.
 * @throws TypeError if an argument or option has the wrong type, or an option is unknown.
 * @throws RangeError if a shape does not fit, a target is out of bounds or not a whole number, or an
 * option is out of range.
 *
 * @example
 * ```ts
 * import { focalLoss } from "@surprisal/losses";
 *
 * focalLoss([2, 1, 0], 0); // 0.0456…
 * focalLoss([2, 1, 0], 0, { gamma: 0 }); // 0.407…
 * focalLoss.valueAndGrad([0, 0], 0, { gamma: 1 }).grad; // [-0.423…, 0.423…]
 * ```
 *
 * Source: Lin, Goyal, Girshick, He & Dollár, *Focal loss for dense object detection*, arXiv
 * 1708.02002.
 */
export const focalLoss: Loss<[target: ClassTarget], FocalLossOptions> =
  /* @__PURE__ */ classLoss<FocalLossOptions>({
    kind: "class",
    options: {
      gamma: numeric(2, "a finite number of at least 0", (gamma) => gamma >= 0 && gamma < Infinity),
    },
    neverThrows: true,
    ...probabilityLoss("focalLoss", functionsOf),
  });

/** The largest γ for which kernels multiply 1 − p by itself. For larger ones JavaScript computes the power. */
const maxKernelGamma = 16;

const powerPool = /* @__PURE__ */ bufferPool((length): Float64Array => new Float64Array(length));

/** Returns (1 − p)^γ · c and its derivative, (1 − p)^(γ − 1) · (1 − p + γ · p · c). */
function functionsOf({ gamma }: Required<Pick<FocalLossOptions, "gamma">>): ProbabilityLoss {
  return { form: formOf(gamma), block: blockOf(gamma) };
}

// In the blocks below, derivatives have a loop of their own, because a test in each iteration would slow it down. It comes
// first, because the second loop overwrites the cross-entropies.

function blockOf(gamma: number): ProbabilityLoss["block"] {
  if (gamma >= 1) return blockOfLargeGamma(gamma);
  if (gamma > 0) return blockOfSmallGamma(gamma);
  return (_, __, ___, count, derivatives) => derivatives?.fill(1, 0, count);
}

/** Computes the loss for γ ≥ 1. */
function blockOfLargeGamma(gamma: number): ProbabilityLoss["block"] {
  return (values, p, complement, count, derivatives) => {
    const powers = gamma === 2 ? complement : powerPool.acquire(complement.length);
    if (powers !== complement) storePowers(complement, gamma - 1, powers, count);
    for (let i = 0; derivatives !== undefined && i < count; i++) {
      const c = values[i];
      const isMasked = c === Number.POSITIVE_INFINITY;
      derivatives[i] = isMasked ? 1 : powers[i] * (complement[i] + gamma * p[i] * c);
    }
    for (let i = 0; i < count; i++) values[i] *= powers[i] * complement[i];
    if (powers !== complement) powerPool.release(powers);
  };
}

/** Computes the loss for 0 < γ < 1. It divides by 1 − p last, because (1 − p)^(γ − 1) can overflow. */
function blockOfSmallGamma(gamma: number): ProbabilityLoss["block"] {
  return (values, p, complement, count, derivatives) => {
    const powers = powerPool.acquire(complement.length);
    storePowers(complement, gamma, powers, count);
    for (let i = 0; derivatives !== undefined && i < count; i++) {
      const c = values[i];
      const isMasked = c === Number.POSITIVE_INFINITY;
      const ratio = complement[i] === 0 ? 0 : c / complement[i];
      derivatives[i] = isMasked ? 1 : powers[i] * (1 + gamma * p[i] * ratio);
    }
    for (let i = 0; i < count; i++) values[i] *= powers[i];
    powerPool.release(powers);
  };
}

/** Returns the form of the loss, if kernels compute it. */
function formOf(gamma: number): ClassFunctionForm | undefined {
  if (gamma === 0) return { name: "linear", crossEntropy: 1, complement: 0 };
  const isFactored = Number.isInteger(gamma) && gamma <= maxKernelGamma;
  return isFactored ? { name: "focal", exponent: gamma } : undefined;
}

/** Writes x^exponent. */
function storePowers(x: Float64Array, exponent: number, powers: Float64Array, count: number): void {
  const power = powerOf(exponent);
  for (let i = 0; i < count; i++) powers[i] = power(x[i]);
}
