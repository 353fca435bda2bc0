import type { NumberInput } from "@surprisal/core";
import { isWeight, numeric } from "@surprisal/core/authoring";
import { batchLoss } from "../define/batchLoss.ts";
import type { Loss } from "../define/defineLoss.ts";
import { overlapFormula } from "../define/overlap.ts";
import { type OverlapLossOptions, overlapSchemas } from "../define/overlapOptions.ts";

/** Options of `tverskyLoss`. */
export interface TverskyLossOptions extends OverlapLossOptions {
  /**
   * α: the weight of false positives, finite and at least 0.
   *
   * @defaultValue 0.5
   */
  alpha?: number | undefined;
  /**
   * β: the weight of false negatives, finite and at least 0. Salehi et al. find small lesions best with
   * α = 0.3 and β = 0.7.
   *
   * @defaultValue 0.5
   */
  beta?: number | undefined;
}

/**
 * Computes the Tversky loss of a segmentation: 1 minus the Tversky index of the predicted and the true
 * region of each class, with separate weights for false positives and false negatives.
 *
 * With α = β = 0.5 it is the Dice loss with twice the `smooth`. With α = β = 1 it is the Jaccard loss. A
 * model that is trained with a larger β finds more of the region, but also marks more outside it.
 *
 * ℓ = 1 − (TP + smooth) / (TP + α FP + β FN + smooth), for each class, with TP = Σ p t, FP = Σ p (1 − t)
 * and FN = Σ (1 − p) t; ∂ℓ/∂p = ((1 − ℓ)(α (1 − t) − β t) − ℓ t) / (TP + α FP + β FN + smooth)
 *
 * p is the probability of the class at a position, and t the target's share of that class, from 0 to 1. The
 * sums are over the positions of an example or, with `batch`, of all examples.
 *
 * @param input logits, or probabilities with `activation: "none"`: [N, …, C], or any with `axis`. The examples
 * are on the first axis, unless that is the class axis: then all positions are one example.
 * @param target class indices of the input's shape without its class axis, or shares of the classes of
 * the input's shape, from 0 to 1. For a single class, both forms are masks.
 * @param options reduction, axis, activation, alpha, beta, smooth, batch, ignoreIndex, sampleWeight, out; in
 * `valueAndGrad` also gradOutput.
 * @returns the loss, from 0 to 1: a number, or with `reduction: "none"` one per example and class, of shape
 * [N, C], or [C].
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, or a target, a probability or an option is out of range.
 *
 * @example
 * ```ts
 * import { tverskyLoss } from "@surprisal/losses";
 *
 * const probabilities = [[[0.9], [0.4], [0.1]]]; // one image of three pixels, one class
 * const mask = [[1, 1, 0]];
 * tverskyLoss(probabilities, mask, { activation: "none" }); // 0.235…
 * tverskyLoss(probabilities, mask, { activation: "none", alpha: 0.3, beta: 0.7 }); // 0.285…
 * ```
 *
 * Source: Salehi, Erdogmus & Gholipour, *Tversky loss function for image segmentation using 3D fully
 * convolutional deep networks*, arXiv 1706.05721.
 */
export const tverskyLoss: Loss<[target: NumberInput], TverskyLossOptions, "batch"> =
  /* @__PURE__ */ batchLoss<TverskyLossOptions, [target: NumberInput]>({
    kind: "batch",
    name: "tverskyLoss",
    arguments: ["input", "target"],
    differentiable: ["input"],
    options: {
      ...overlapSchemas,
      alpha: numeric(0.5, "a finite number of at least 0", isWeight),
      beta: numeric(0.5, "a finite number of at least 0", isWeight),
    },
    neverThrows: true,
    formula: (options) =>
      overlapFormula(options, {
        overlap: 1,
        falsePositive: options.alpha,
        falseNegative: options.beta,
        squared: false,
      }),
  });
