import type { NumberInput } from "@surprisal/core";
import { boolean } from "@surprisal/core/authoring";
import { batchLoss } from "../define/batchLoss.ts";
import type { Loss } from "../define/defineLoss.ts";
import { overlapFormula } from "../define/overlap.ts";
import { type OverlapLossOptions, overlapSchemas } from "../define/overlapOptions.ts";

export type { OverlapLossOptions } from "../define/overlapOptions.ts";

/** Options of `diceLoss`. */
export interface DiceLossOptions extends OverlapLossOptions {
  /**
   * Whether the denominator has the squares of probabilities and shares, as in V-Net.
   *
   * @defaultValue false
   */
  squared?: boolean | undefined;
}

/**
 * Computes the Dice loss of a segmentation: 1 minus the Dice coefficient of the predicted and the true
 * region of each class.
 *
 * It does not depend on the size of the background, so small regions count as much as large ones.
 *
 * ℓ = 1 − (2 Σ p t + smooth) / (Σ p + Σ t + smooth), for each class; with `squared`, Σ p² + Σ t²;
 * ∂ℓ/∂p = ((1 − ℓ) − 2t) / (Σ p + Σ t + smooth)
 *
 * p is the probability of the class at a position, and t the target's share of that class, from 0 to 1. The
 * sums are over the positions of an example or, with `batch`, of all examples.
 *
 * @param input logits, or probabilities with `activation: "none"`: [N, …, C], or any with `axis`. The examples
 * are on the first axis, unless that is the class axis: then all positions are one example.
 * @param target class indices of the input's shape without its class axis, or shares of the classes of
 * the input's shape, from 0 to 1. For a single class, both forms are masks.
 * @param options reduction, axis, activation, smooth, squared, batch, ignoreIndex, sampleWeight, out; in
 * `valueAndGrad` also gradOutput.
 * @returns the loss, from 0 to 1: a number, or with `reduction: "none"` one per example and class, of shape
 * [N, C], or [C].
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, or a target, a probability or an option is out of range.
 *
 * @example
 * ```ts
 * import { diceLoss } from "@surprisal/losses";
 *
 * // Two pixels of one image, with two classes.
 * diceLoss([[[2, 0], [0, 1]]], [[0, 1]]); // 0.195…
 * diceLoss([[[2, 0], [0, 1]]], [[0, 1]], { reduction: "none" }); // [[0.180…, 0.209…]]
 *
 * const mask = [[1, 1, 0]];
 * diceLoss([[[3], [1], [-2]]], mask, { activation: "sigmoid" }); // 0.114…
 * ```
 *
 * Source: Milletari, Navab & Ahmadi, *V-Net: fully convolutional neural networks for volumetric medical
 * image segmentation*, arXiv 1606.04797.
 */
export const diceLoss: Loss<[target: NumberInput], DiceLossOptions, "batch"> =
  /* @__PURE__ */ batchLoss<DiceLossOptions, [target: NumberInput]>({
    kind: "batch",
    name: "diceLoss",
    arguments: ["input", "target"],
    differentiable: ["input"],
    options: { ...overlapSchemas, squared: boolean(false) },
    neverThrows: true,
    formula: (options) =>
      overlapFormula(options, {
        overlap: 2,
        falsePositive: 1,
        falseNegative: 1,
        squared: options.squared,
      }),
  });
