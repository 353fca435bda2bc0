import { numeric } from "@surprisal/core/authoring";
import { classLoss } from "../define/classLoss.ts";
import type { ClassLossOptions, ClassTarget, Loss } from "../define/defineLoss.ts";
import { type ProbabilityLoss, probabilityLoss } from "../define/probabilityLoss.ts";

/** Options of `symmetricCrossEntropy`. */
export interface SymmetricCrossEntropyOptions extends ClassLossOptions {
  /**
   * The factor of the cross-entropy. A finite number of at least 0.
   *
   * @defaultValue 1
   */
  alpha?: number | undefined;
  /**
   * The factor of the reverse cross-entropy. A finite number of at least 0.
   *
   * @defaultValue 1
   */
  beta?: number | undefined;
  /**
   * A: the number that the reverse cross-entropy uses as the logarithm of a target of 0. A finite number
   * below 0.
   *
   * @defaultValue -4
   */
  logZero?: number | undefined;
}

/**
 * Computes the cross-entropy and the reverse cross-entropy together, for labels that may be wrong.
 *
 * The reverse cross-entropy exchanges prediction and target: it is the probability of the other classes,
 * times −A. It is bounded, so a wrong label counts little. The cross-entropy makes the training fast.
 *
 * ℓ = alpha · (−log pₜ) − beta · A · (1 − pₜ), p = softmax(x), A = logZero;
 * ∂ℓ/∂xⱼ = (alpha − beta · A · pₜ) (pⱼ − [j = t])
 *
 * With label smoothing or class probabilities, every class has a loss. That of a row is the sum of these, each
 * times its coefficient and its class weight. The mean divides by the sum of the weights of
 * the targets. With class probabilities, it divides by the number of rows.
 *
 * @param input logits of shape [C], [N, C], […, C], or any with `axis`.
 * @param target class indices (0 to C − 1), of the input's shape without its class axis, or class
 * probabilities, of the input's shape.
 * @param options reduction, axis, weight, sampleWeight, ignoreIndex, labelSmoothing, skipMasked,
 * whenEmpty, alpha, beta, logZero, out; in `valueAndGrad` also gradOutput.
 * @returns the loss: a number, or with `reduction: "none"` one per row.
 * @throws TypeError if an argument or option has the wrong type, or an option is unknown.
 * @throws RangeError if a shape does not fit, a target is out of bounds or not a whole number, or an
 * option is out of range.
 *
 * @example
 * ```ts
 * import { symmetricCrossEntropy } from "@surprisal/losses";
 *
 * symmetricCrossEntropy([2, 1, 0], 0); // 1.746…
 * symmetricCrossEntropy([2, 1, 0], 0, { alpha: 0.1, beta: 2 }); // 2.718…
 * symmetricCrossEntropy.valueAndGrad([0, 0], 0).grad; // [-1.5, 1.5]
 * ```
 *
 * Source: Wang et al., *Symmetric cross entropy for robust learning with noisy labels*, arXiv 1908.06112.
 */
export const symmetricCrossEntropy: Loss<[target: ClassTarget], SymmetricCrossEntropyOptions> =
  /* @__PURE__ */ classLoss<SymmetricCrossEntropyOptions>({
    kind: "class",
    options: {
      alpha: numeric(1, "a finite number of at least 0", isFactor),
      beta: numeric(1, "a finite number of at least 0", isFactor),
      logZero: numeric(-4, "a finite number below 0", (a) => a < 0 && a > -Infinity),
    },
    neverThrows: true,
    ...probabilityLoss("symmetricCrossEntropy", functionsOf),
  });

/** Returns α · c − β · A · (1 − p) and its derivative, α − β · A · p. */
function functionsOf({
  alpha,
  beta,
  logZero,
}: Required<Pick<SymmetricCrossEntropyOptions, "alpha" | "beta" | "logZero">>): ProbabilityLoss {
  const complement = -beta * logZero;
  return {
    form: complement < Infinity ? { name: "linear", crossEntropy: alpha, complement } : undefined,
    block(values, p, complement, count, derivatives) {
      for (let i = 0; i < count; i++) {
        // 0 · ∞ is 0 here. β · A may overflow, so the probability is between them.
        const crossEntropy = alpha === 0 ? 0 : alpha * values[i];
        values[i] = crossEntropy - beta * complement[i] * logZero;
        if (derivatives) derivatives[i] = alpha - beta * p[i] * logZero;
      }
    },
  };
}

function isFactor(value: number): boolean {
  return value >= 0 && value < Number.POSITIVE_INFINITY;
}
