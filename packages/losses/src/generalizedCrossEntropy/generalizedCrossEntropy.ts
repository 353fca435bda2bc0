import { numeric } from "@surprisal/core/authoring";
import { classLoss } from "../define/classLoss.ts";
import type { ClassLossOptions, ClassTarget, Loss } from "../define/defineLoss.ts";
import { type ProbabilityLoss, probabilityLoss } from "../define/probabilityLoss.ts";

/** Options of `generalizedCrossEntropy`. */
export interface GeneralizedCrossEntropyOptions extends ClassLossOptions {
  /**
   * The position between the cross-entropy, near 0, and the probability of the other classes, at 1. A
   * number above 0, up to 1.
   *
   * @defaultValue 0.7
   */
  q?: number | undefined;
}

/**
 * Computes a loss between the cross-entropy and the probability of the other classes, for labels that may
 * be wrong.
 *
 * The loss is at most 1 / q. If the model finds the label of a row unlikely, the gradient of this row is
 * small. The model therefore does not memorise wrong labels.
 *
 * ℓ = (1 − pₜ^q) / q, p = softmax(x); ∂ℓ/∂xⱼ = pₜ^q (pⱼ − [j = t])
 *
 * With label smoothing or class probabilities, every class has a loss. That of a row is the sum of these, each
 * times its coefficient and its class weight. The mean divides by the sum of the weights of
 * the targets. With class probabilities, it divides by the number of rows.
 *
 * @param input logits of shape [C], [N, C], […, C], or any with `axis`.
 * @param target class indices (0 to C − 1), of the input's shape without its class axis, or class
 * probabilities, of the input's shape.
 * @param options reduction, axis, weight, sampleWeight, ignoreIndex, labelSmoothing, skipMasked,
 * whenEmpty, q, out; in `valueAndGrad` also gradOutput.
 * @returns the loss: a number, or with `reduction: "none"` one per row.
 * @throws TypeError if an argument or option has the wrong type, or an option is unknown.
 * @throws RangeError if a shape does not fit, a target is out of bounds or not a whole number, or an
 * option is out of range.
 *
 * @example
 * ```ts
 * import { generalizedCrossEntropy } from "@surprisal/losses";
 *
 * generalizedCrossEntropy([2, 1, 0], 0); // 0.354…
 * generalizedCrossEntropy([2, 1, 0], 0, { q: 1 }); // 0.334…
 * generalizedCrossEntropy.valueAndGrad([0, 0], 0, { q: 1 }).grad; // [-0.25, 0.25]
 * ```
 *
 * Source: Zhang & Sabuncu, *Generalized cross entropy loss for training deep neural networks with
 * noisy labels*, arXiv 1805.07836.
 */
export const generalizedCrossEntropy: Loss<[target: ClassTarget], GeneralizedCrossEntropyOptions> =
  /* @__PURE__ */ classLoss<GeneralizedCrossEntropyOptions>({
    kind: "class",
    options: { q: numeric(0.7, "a number above 0, up to 1", (q) => q > 0 && q <= 1) },
    neverThrows: true,
    ...probabilityLoss("generalizedCrossEntropy", functionsOf),
  });

/** Returns (1 − e^(−q · c)) / q and its derivative, e^(−q · c). */
function functionsOf({ q }: Required<Pick<GeneralizedCrossEntropyOptions, "q">>): ProbabilityLoss {
  return {
    exponent: q,
    // Kernels multiply by 1 / q, which must not overflow.
    form: q < 1e-300 ? undefined : { name: "power", exponent: q },
    block(values, p, complement, count, derivatives) {
      for (let i = 0; i < count; i++) values[i] = complement[i] / q;
      if (derivatives) for (let i = 0; i < count; i++) derivatives[i] = p[i];
    },
  };
}
