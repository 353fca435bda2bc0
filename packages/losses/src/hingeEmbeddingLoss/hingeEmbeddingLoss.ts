import type { FloatInput } from "@surprisal/core";
import { hingeBlock, numeric } from "@surprisal/core/authoring";
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import { kernel, pairOutputs } from "../define/elementFormula.ts";
import { elementLoss } from "../define/elementLoss.ts";

/** Options of `hingeEmbeddingLoss`. */
export interface HingeEmbeddingLossOptions extends LossOptions {
  /**
   * The distance that pairs with label −1 should have. A finite number.
   *
   * @defaultValue 1
   */
  margin?: number | undefined;
}

/**
 * Computes a loss of each distance: the vectors of similar pairs should be near each other, and those of
 * other pairs at least a margin apart.
 *
 * The input holds distances of pairs. The label 1 marks a pair that belongs together: its loss is the
 * distance. The label −1 marks a pair that does not: its loss is the margin minus the distance, or 0 if
 * that is negative.
 *
 * ℓ = x where t = 1, max(0, margin − x) where t = −1; ∂ℓ/∂x = 1, and −1 where x ≤ margin
 *
 * @param input distances of any shape.
 * @param target labels 1 and −1, of the input's shape, or of a shape that broadcasts with it.
 * @param options reduction, sampleWeight, margin, out; in `valueAndGrad` also gradOutput.
 * @returns the loss: a number, or with `reduction: "none"` one per element.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if shapes do not broadcast, or an option is out of range.
 *
 * @example
 * ```ts
 * import { hingeEmbeddingLoss } from "@surprisal/losses";
 *
 * hingeEmbeddingLoss([0.5, 0.3], [1, -1]); // 0.6
 * hingeEmbeddingLoss([0.5, 0.3], [1, -1], { reduction: "none", margin: 2 }); // [0.5, 1.7]
 * hingeEmbeddingLoss.valueAndGrad([0.5, 0.3], [1, -1]).grad; // [0.5, -0.5]
 * ```
 *
 * Source: `torch.nn.functional.hinge_embedding_loss`; Hadsell, Chopra & LeCun, "Dimensionality
 * reduction by learning an invariant mapping" (CVPR 2006).
 */
export const hingeEmbeddingLoss: Loss<[target: FloatInput], HingeEmbeddingLossOptions, "element"> =
  /* @__PURE__ */ elementLoss<HingeEmbeddingLossOptions, [target: FloatInput]>({
    kind: "element",
    name: "hingeEmbeddingLoss",
    options: {
      margin: numeric(1, "a finite number", Number.isFinite),
    },
    neverThrows: true,
    formula: ({ margin }) => ({
      [kernel]: (block, input, target) =>
        hingeBlock(input, target, pairOutputs(block), block.count, margin),
      block({ count, losses, gradients }, input, target) {
        const gradInput = gradients?.input;
        for (let i = 0; i < count; i++) {
          const x = input[i];
          const missing = margin - x;
          const isSimilar = target[i] !== -1;
          const isOther = target[i] !== 1;
          losses[i] = (isSimilar ? x : 0) + (isOther ? Math.max(0, missing) : 0);
          if (gradInput) gradInput[i] = (isSimilar ? 1 : 0) - (isOther && missing >= 0 ? 1 : 0);
        }
      },
    }),
  });
