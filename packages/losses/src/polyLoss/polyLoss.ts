import { numeric } from "@surprisal/core/authoring";
import { classLoss } from "../define/classLoss.ts";
import type { ClassLossOptions, ClassTarget, Loss } from "../define/defineLoss.ts";
import { type ProbabilityLoss, probabilityLoss } from "../define/probabilityLoss.ts";

/** Options of `polyLoss`. */
export interface PolyLossOptions extends ClassLossOptions {
  /**
   * The factor of 1 − pₜ. A finite number; 0 gives the cross-entropy.
   *
   * @defaultValue 1
   */
  epsilon?: number | undefined;
}

/**
 * Computes the cross-entropy of each row, plus a multiple of the probability of the other classes.
 *
 * The cross-entropy is Σ (1 − pₜ)ⁿ / n. This loss, Poly-1, changes the factor of its first term. A positive
 * epsilon makes the model more confident, and a negative one less confident.
 *
 * ℓ = −log pₜ + epsilon (1 − pₜ), p = softmax(x); ∂ℓ/∂xⱼ = (1 + epsilon · pₜ) (pⱼ − [j = t])
 *
 * With label smoothing or class probabilities, every class has a loss. That of a row is the sum of these, each
 * times its coefficient and its class weight. The mean divides by the sum of the weights of
 * the targets. With class probabilities, it divides by the number of rows.
 *
 * @param input logits of shape [C], [N, C], […, C], or any with `axis`.
 * @param target class indices (0 to C − 1), of the input's shape without its class axis, or class
 * probabilities, of the input's shape.
 * @param options reduction, axis, weight, sampleWeight, ignoreIndex, labelSmoothing, skipMasked,
 * whenEmpty, epsilon, out; in `valueAndGrad` also gradOutput.
 * @returns the loss: a number, or with `reduction: "none"` one per row.
 * @throws TypeError if an argument or option has the wrong type, or an option is unknown.
 * @throws RangeError if a shape does not fit, a target is out of bounds or not a whole number, or an
 * option is out of range.
 *
 * @example
 * ```ts
 * import { polyLoss } from "@surprisal/losses";
 *
 * polyLoss([2, 1, 0], 0); // 0.742…
 * polyLoss([2, 1, 0], 0, { epsilon: -1 }); // 0.0728…
 * polyLoss.valueAndGrad([0, 0], 0, { epsilon: 2 }).grad; // [-1, 1]
 * ```
 *
 * Source: Leng et al., *PolyLoss: A polynomial expansion perspective of classification loss
 * functions*, arXiv 2204.12511.
 */
export const polyLoss: Loss<[target: ClassTarget], PolyLossOptions> =
  /* @__PURE__ */ classLoss<PolyLossOptions>({
    kind: "class",
    options: {
      epsilon: {
        ...numeric(1, "a finite number", Number.isFinite),
        otherNames: /^eps$|^epsilon1$/,
      },
    },
    neverThrows: true,
    ...probabilityLoss("polyLoss", functionsOf),
  });

/** Returns c + ε · (1 − p) and its derivative, 1 + ε · p. */
function functionsOf({ epsilon }: Required<Pick<PolyLossOptions, "epsilon">>): ProbabilityLoss {
  return {
    form: epsilon < 0 ? undefined : { name: "linear", crossEntropy: 1, complement: epsilon },
    block(values, p, complement, count, derivatives) {
      for (let i = 0; i < count; i++) {
        const c = values[i];
        if (epsilon < 0 && c < 1) values[i] = (1 + epsilon) * c - epsilon * excess(c);
        else values[i] = c + epsilon * complement[i];
        if (derivatives === undefined) continue;
        // The sum can cancel, and the larger of p and 1 − p has lost digits of the smaller one.
        const cancels = epsilon < 0 && p[i] > 0.5;
        derivatives[i] = cancels ? 1 + epsilon - epsilon * complement[i] : 1 + epsilon * p[i];
      }
    },
  };
}

/** Returns c − (1 − e^−c) from 0 to 1, by its series: the difference would cancel. */
function excess(c: number): number {
  let term = (c * c) / 2;
  let sum = 0;
  for (let n = 3; n < 22; n++) {
    sum += term;
    term *= -c / n;
  }
  return sum;
}
