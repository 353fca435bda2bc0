import {
  argmax,
  bitwiseOrKernel,
  bufferPool,
  crossEntropyGradientOfRow,
  crossEntropyKernel,
  crossEntropyOfRow,
  exponentials,
  expTimes,
  minExactTerm,
  numeric,
  softCrossEntropyKernel,
  softcapCrossEntropyKernel,
  sumOf,
} from "@surprisal/core/authoring";
import { classLoss } from "../define/classLoss.ts";
import { crossEntropyLosses } from "../define/crossEntropyFormula.ts";
import type { ClassLossOptions, ClassTarget, Loss } from "../define/defineLoss.ts";

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions extends ClassLossOptions {
  /**
   * λ: the penalty λ·logSumExp(x)² is added to each loss. It keeps the logits of language models from
   * drifting. A finite number of at least 0.
   *
   * @defaultValue 0
   */
  zLoss?: number | undefined;
  /**
   * s: each logit x becomes s·tanh(x/s), which is between −s and s. A number above 0. Without it, or at
   * Infinity, the logits do not change.
   */
  softcap?: number | undefined;
}

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
 * With a softcap s, every x is s·tanh(x/s). With zLoss λ, λ·logSumExp(x)² is added to the ℓ of each
 * row: class weights do not multiply it, but a row that contributes nothing has no penalty.
 *
 * @param input logits, of shape [C], [N, C], […, C], or any with `axis`.
 * @param target class indices (0 to C − 1), of the input's shape without its class axis, or class
 * probabilities, of the input's shape.
 * @param options reduction, axis, weight, sampleWeight, ignoreIndex, labelSmoothing, skipMasked, zLoss,
 * softcap, whenEmpty, out; in `valueAndGrad` also gradOutput and differentiate, in which `"target"` asks
 * for the gradient of class probabilities.
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
 * Source: `torch.nn.functional.cross_entropy`; label smoothing: Szegedy et al., arXiv 1512.00567;
 * zLoss: Chowdhery et al., arXiv 2204.02311; softcap: Gemma Team, arXiv 2408.00118.
 */
export const crossEntropy: Loss<[target: ClassTarget], CrossEntropyOptions> =
  /* @__PURE__ */ classLoss<CrossEntropyOptions>(
    {
      kind: "class",
      name: "crossEntropy",
      options: {
        zLoss: numeric(0, "a finite number of at least 0", (z) => z >= 0 && z < Infinity),
        softcap: numeric(Infinity, "a number above 0", (s) => s > 0),
      },
      neverThrows: true,
      classIndexKernel: ({ zLoss }) => (zLoss === 0 ? crossEntropyKernel : undefined),
      softTargetKernel:
        ({ zLoss }) =>
        (x, layout, targets, rowData, gradient) =>
          softCrossEntropyKernel(x, layout, { ...targets, zLoss }, rowData, gradient),
      classLosses: () => crossEntropyLosses(),
      singleRow: crossEntropyOfRow,
      singleRowGradient: crossEntropyGradientOfRow,
      softcap: ({ softcap }) => softcap,
      softcapKernel: ({ zLoss }) => (zLoss === 0 ? softcapCrossEntropyKernel : undefined),
      hasPenalty: ({ zLoss }) => zLoss > 0,
      formula:
        ({ zLoss }, classes) =>
        (x, coefficients, gradient) => {
          const exps = expPool.acquire(classes);
          const terms = termPool.acquire(classes);
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
            storeGradient(x, exps, sumExpExcludingMax, maxIndex, coefficients, gradient);
          }
          let loss = sumOf(terms);
          if (zLoss !== 0) {
            const logSumExp = x[maxIndex] + logSumExpMinusMax;
            if (gradient !== undefined) {
              addPenaltyGradient(exps, sumExpExcludingMax, 2 * zLoss * logSumExp, gradient);
            }
            loss += zLoss * logSumExp * logSumExp;
          }
          expPool.release(exps);
          termPool.release(terms);
          return loss;
        },
    },
    bitwiseOrKernel,
  );

const createRow = (length: number) => new Float64Array(length);

const expPool = /* @__PURE__ */ bufferPool(createRow);
const termPool = /* @__PURE__ */ bufferPool(createRow);
/**
 * Up to this sum of coefficients, an exponential that underflows is also negligible after the product with
 * it.
 */
const maxPlainSum = 2 ** 10;

/** Writes gradientⱼ = (Σ c) · softmax(x)ⱼ − cⱼ, computed from the row's exponentials. */
function storeGradient(
  x: Float64Array,
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
  const mayUnderflow = coefficientSum > maxPlainSum;
  if (mayUnderflow) {
    for (let j = 0; j < exps.length; j++) {
      if (exps[j] >= minExactTerm) continue;
      gradient[j] = expTimes(x[j] - x[maxIndex], coefficientSum / sumExp) - coefficients[j];
    }
  }
  if (mayUnderflow && sumExpExcludingMax < minExactTerm) {
    gradient[maxIndex] = 0;
    gradient[maxIndex] = 0 - sumOf(gradient);
  } else if (sumExpExcludingMax < 1) {
    // Where one class dominates, the difference above cancels. This form uses the other classes only.
    coefficients[maxIndex] = 0;
    gradient[maxIndex] = sumOf(coefficients) - coefficientSum * (sumExpExcludingMax / sumExp);
  }
}

/** Adds slope · softmax(x)ⱼ, where slope is the derivative of the penalty by logSumExp(x). */
function addPenaltyGradient(
  exps: Float64Array,
  sumExpExcludingMax: number,
  slope: number,
  gradient: Float64Array,
): void {
  const sumExp = 1 + sumExpExcludingMax;
  for (let j = 0; j < exps.length; j++) gradient[j] += slope * (exps[j] / sumExp);
}
