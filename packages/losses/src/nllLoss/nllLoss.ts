import { forEachRowBlock, rowOffset, sumOf } from "@surprisal/core/authoring";
import { classLoss } from "../define/classLoss.ts";
import type {
  ClassIndexKernel,
  ClassLossOptions,
  ClassTarget,
  Loss,
} from "../define/defineLoss.ts";

/** Options of `nllLoss`. */
export interface NllLossOptions extends ClassLossOptions {}

/**
 * Computes the negative log-likelihood: the log-probability of each row's target class, with its
 * sign changed.
 *
 * The input holds log-probabilities, as `logSoftmax` returns them. For logits use `crossEntropy`.
 *
 * ℓ = −xₜ; ∂ℓ/∂xⱼ = −[j = t]
 *
 * With weights w and label smoothing ε: ℓ = −(1 − ε) wₜ xₜ − ε/C Σⱼ wⱼ xⱼ. The mean divides by the
 * sum of the weights of the targets.
 *
 * @param input log-probabilities (nats), of shape [C], [N, C], […, C], or any with `axis`.
 * @param target class indices (0 to C − 1), of the input's shape without its class axis, or class
 * probabilities, of the input's shape.
 * @param options reduction, axis, weight, sampleWeight, ignoreIndex, labelSmoothing, skipMasked,
 * whenEmpty, out; in `valueAndGrad` also gradOutput.
 * @returns the loss in nats: a number, or with `reduction: "none"` one per row.
 * @throws TypeError if an argument or option has the wrong type, or an option is unknown.
 * @throws RangeError if a shape does not fit, a target is out of bounds or not a whole number, or an
 * option is out of range.
 *
 * @example
 * ```ts
 * import { nllLoss } from "@surprisal/losses";
 *
 * nllLoss([-1.6563, -1.7563, -1.5563], 2); // 1.5563
 * ```
 *
 * Source: `torch.nn.functional.nll_loss`.
 */
export const nllLoss: Loss<[target: ClassTarget], NllLossOptions> =
  /* @__PURE__ */ classLoss<NllLossOptions>({
    kind: "class",
    name: "nllLoss",
    neverThrows: true,
    classIndexKernel: () => nllKernel,
    classLosses: () => (x, losses) => {
      for (let j = 0; j < losses.length; j++) losses[j] = 0 - x[j];
    },
    singleRow: (x, target) => 0 - x[target],
    formula: (_, classes) => {
      const terms = new Float64Array(classes);
      return (x, coefficients, gradient) => {
        for (let j = 0; j < classes; j++) {
          // A class with coefficient 0 contributes nothing, even if its loss is infinite.
          terms[j] = coefficients[j] === 0 ? 0 : 0 - coefficients[j] * x[j];
          if (gradient !== undefined) gradient[j] = 0 - coefficients[j];
        }
        return sumOf(terms);
      };
    },
  });

/** Reads the target's element of each row, and no other. */
const nllKernel: ClassIndexKernel = (x, layout, rows, gradient) => {
  const { outer, size, inner } = layout;
  forEachRowBlock(outer * inner, rows, (first, count, { targets, gradScale, values }) => {
    for (let i = 0; i < count; i++) {
      const start = rowOffset(first + i, layout);
      values[i] = targets[i] < 0 ? 0 : 0 - x[start + targets[i] * inner];
    }
    if (gradient === undefined) return;
    // Adjacent rows: with a thousand classes, this takes a tenth of the time of a loop.
    if (inner === 1) gradient.fill(0, first * size, (first + count) * size);
    for (let i = 0; i < count; i++) {
      const start = rowOffset(first + i, layout);
      if (inner > 1) for (let j = 0, k = start; j < size; j++, k += inner) gradient[k] = 0;
      if (targets[i] >= 0) gradient[start + targets[i] * inner] = 0 - gradScale[i];
    }
  });
};
