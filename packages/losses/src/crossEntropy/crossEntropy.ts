import {
  argmax,
  crossEntropyKernel,
  crossEntropyOfRow,
  exponentials,
  softCrossEntropyKernel,
  sumOf,
} from "@surprisal/core/authoring";
import { defineClassLoss } from "../define/defineClassLoss.ts";
import type { ClassLossOptions, ClassTarget, Loss } from "../define/defineLoss.ts";

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions extends ClassLossOptions {}

/**
 * Computes the cross-entropy between a target and the softmax of logits: −log of the probability
 * that the model gives to the target class.
 *
 * It equals `nllLoss(logSoftmax(input), target)`, but takes one pass and stores no
 * log-probabilities.
 *
 * ℓ = −log softmax(x)ₜ = (max − xₜ) + log1p(S), where S = Σ exp(xⱼ − max) over all j but the argmax;
 * ∂ℓ/∂xⱼ = softmax(x)ⱼ − [j = t]
 *
 * With weights w and label smoothing ε: ℓ = (1 − ε) wₜ ℓₜ + ε/C Σⱼ wⱼ ℓⱼ. With class
 * probabilities q: ℓ = Σⱼ wⱼ ((1 − ε) qⱼ + ε/C) ℓⱼ. The mean divides by the sum of the weights of
 * the targets; with class probabilities, by the number of rows.
 *
 * @param input logits, of shape [C], [N, C], […, C], or any with `axis`.
 * @param target class indices (0 to C − 1), of the input's shape without its class axis, or class
 * probabilities, of the input's shape.
 * @param options reduction, axis, weight, ignoreIndex, labelSmoothing, whenEmpty, out; in
 * `valueAndGrad` also gradOutput.
 * @returns the loss in nats: a number, or with `reduction: "none"` one per row.
 * @throws TypeError if an argument or option has the wrong type, or an option is unknown.
 * @throws RangeError if a shape does not fit, a target is out of bounds or not a whole number, or an
 * option is out of range.
 *
 * @example
 * ```ts
 * import { crossEntropy } from "@surprisal/losses";
 *
 * crossEntropy([2, 1, 0], 0); // 0.4076…
 * crossEntropy([[2, 1, 0], [0, 1, 2]], [0, 0], { reduction: "none" }); // [0.407…, 2.407…]
 * crossEntropy.valueAndGrad([2, 1, 0], 0).grad; // [-0.334…, 0.244…, 0.090…]
 * ```
 *
 * Source: `torch.nn.functional.cross_entropy`; label smoothing: Szegedy et al., arXiv 1512.00567.
 */
export const crossEntropy: Loss<[target: ClassTarget], CrossEntropyOptions> =
  /* @__PURE__ */ defineClassLoss<CrossEntropyOptions>({
    kind: "class",
    name: "crossEntropy",
    classIndexKernel: () => crossEntropyKernel,
    softTargetKernel: () => softCrossEntropyKernel,
    singleRow: crossEntropyOfRow,
    formula(_, classes) {
      const exps = new Float64Array(classes);
      const terms = new Float64Array(classes);
      return (x, coefficients, gradient) => {
        const maxIndex = argmax(x);
        const sumExpExcludingMax = exponentials(x, exps, maxIndex);
        const logSumExpMinusMax = Math.log1p(sumExpExcludingMax);
        for (let j = 0; j < classes; j++) {
          // A class with coefficient 0 contributes nothing, even if its loss is infinite.
          terms[j] =
            coefficients[j] === 0
              ? 0
              : coefficients[j] * (logSumExpMinusMax - (x[j] - x[maxIndex]));
        }
        if (gradient !== undefined) {
          storeGradient(exps, sumExpExcludingMax, maxIndex, coefficients, gradient);
        }
        return sumOf(terms);
      };
    },
  });

/** Writes gradientⱼ = (Σ c) · softmax(x)ⱼ − cⱼ, computed from the row's exponentials. */
function storeGradient(
  exps: Float64Array,
  sumExpExcludingMax: number,
  maxIndex: number,
  coefficients: Float64Array,
  gradient: Float64Array,
): void {
  const sumExp = 1 + sumExpExcludingMax;
  const coefficientSum = sumOf(coefficients);
  for (let j = 0; j < exps.length; j++) {
    gradient[j] = coefficientSum * (exps[j] / sumExp) - coefficients[j];
  }
  if (sumExpExcludingMax < 1) {
    // Where one class dominates, the difference above cancels. This form uses the other classes only.
    coefficients[maxIndex] = 0;
    gradient[maxIndex] = sumOf(coefficients) - coefficientSum * (sumExpExcludingMax / sumExp);
  }
}
