import { sparsemaxOfRow } from "@surprisal/core/authoring";
import { classLoss } from "../define/classLoss.ts";
import type { ClassFormula, ClassLossOptions, ClassTarget, Loss } from "../define/defineLoss.ts";
import { formulaLoss } from "../define/formulaLoss.ts";

/** Options of `sparsemaxLoss`. */
export interface SparsemaxLossOptions extends ClassLossOptions {}

/**
 * Computes the loss for models that end in sparsemax, as cross-entropy is for models that end in softmax.
 *
 * It is 0 if the score of the target is 1 or more above all others. A classifier that is trained with this
 * loss gives probabilities by `sparsemax`, many of them exactly 0.
 *
 * ℓ = ½ ‖p − q‖² + Σ qⱼ · (τ − xⱼ) over the classes with pⱼ = 0; ∂ℓ/∂xⱼ = pⱼ − qⱼ
 *
 * p = sparsemax(x), τ is its threshold, and q is the target's distribution: one-hot for a class index. It
 * equals the paper's −q·x + ½ Σ (xⱼ² − τ²) + ½ ‖q‖², whose sum is over the classes with pⱼ > 0.
 *
 * Class weights w and label smoothing ε make the coefficients cⱼ = wⱼ ((1 − ε) qⱼ + ε/C). With their sum
 * s, the loss is s times that of the distribution c / s. The mean divides by the sum of the weights of
 * the targets; with class probabilities, by the number of rows.
 *
 * @param input scores of shape [C], [N, C], […, C], or any with `axis`.
 * @param target class indices (0 to C − 1), of the input's shape without its class axis, or class
 * probabilities, of the input's shape.
 * @param options reduction, axis, weight, sampleWeight, ignoreIndex, labelSmoothing, skipMasked,
 * whenEmpty, out; in `valueAndGrad` also gradOutput.
 * @returns the loss: a number, or with `reduction: "none"` one per row.
 * @throws TypeError if an argument or option has the wrong type, or an option is unknown.
 * @throws RangeError if a shape does not fit, a target is out of bounds or not a whole number, or an
 * option is out of range.
 *
 * @example
 * ```ts
 * import { sparsemaxLoss } from "@surprisal/losses";
 *
 * sparsemaxLoss([2, 1.5, 0], 0); // 0.0625
 * sparsemaxLoss([[2, 1, 0], [0, 1, 2]], [0, 0], { reduction: "none" }); // [0, 2]
 * sparsemaxLoss.valueAndGrad([2, 1.5, 0], 0).grad; // [-0.25, 0.25, 0]
 * ```
 *
 * Source: Martins & Astudillo, *From softmax to sparsemax*, arXiv 1602.02068.
 */
export const sparsemaxLoss: Loss<[target: ClassTarget], SparsemaxLossOptions> =
  /* @__PURE__ */ classLoss<SparsemaxLossOptions>({
    kind: "class",
    ...formulaLoss("sparsemaxLoss", (_, classes) => sparsemaxFormula(classes)),
    neverThrows: true,
  });

function sparsemaxFormula(classes: number): ClassFormula {
  const probabilities = new Float64Array(classes);
  const work = new Float64Array(classes);
  return (x, coefficients, gradient) => {
    let sum = 0;
    let max = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < classes; j++) {
      sum += coefficients[j];
      max = Math.max(max, x[j]);
    }
    probabilities.set(x);
    const threshold = sparsemaxOfRow(probabilities, work);
    if (Number.isNaN(threshold)) {
      gradient?.fill(Number.NaN);
      return Number.NaN;
    }
    let loss = 0;
    for (let j = 0; j < classes; j++) {
      const p = probabilities[j];
      // p − 1 loses digits where p is close to 1; the other probabilities have them.
      const q = coefficients[j] / sum;
      const difference = p > 0.5 && q === 1 ? 0 - sumExcept(probabilities, j) : p - q;
      if (gradient !== undefined) gradient[j] = sum * difference;
      loss += 0.5 * difference * difference;
      if (p === 0 && q > 0) loss += q * (threshold - (x[j] - max));
    }
    return sum * loss;
  };
}

function sumExcept(values: Float64Array, index: number): number {
  let sum = 0;
  for (let j = 0; j < values.length; j++) if (j !== index) sum += values[j];
  return sum;
}
