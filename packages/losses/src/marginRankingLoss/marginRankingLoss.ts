import type { FloatInput } from "@surprisal/core";
import { marginRankingBlock, numeric } from "@surprisal/core/authoring";
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import { storeOpposite } from "../define/differences.ts";
import { kernel, pairOutputs } from "../define/elementFormula.ts";
import { elementLoss } from "../define/elementLoss.ts";

/** Options of `marginRankingLoss`. */
export interface MarginRankingLossOptions extends LossOptions {
  /**
   * The difference that the two scores should have. A finite number.
   *
   * @defaultValue 0
   */
  margin?: number | undefined;
}

/**
 * Computes a loss of each pair of scores: the score that should be higher should lead by a margin.
 *
 * The target 1 says that input1 should be higher, and −1 that input2 should be higher.
 *
 * ℓ = max(0, −t · (x₁ − x₂) + margin); ∂ℓ/∂x₁ = −t = −∂ℓ/∂x₂ where the loss is not below 0
 *
 * @param input1 scores of any shape.
 * @param input2 scores of input1's shape, or of one that broadcasts with it.
 * @param target 1 or −1 for each pair, of a shape that broadcasts with theirs.
 * @param options reduction, sampleWeight, margin, out; in `valueAndGrad` also gradOutput,
 * differentiate.
 * @returns the loss: a number, or with `reduction: "none"` one per element.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if shapes do not broadcast, or an option is out of range.
 *
 * @example
 * ```ts
 * import { marginRankingLoss } from "@surprisal/losses";
 *
 * marginRankingLoss([0.2, 0.9], [0.5, 0.1], [1, 1]); // 0.15
 * marginRankingLoss([0.2, 0.9], [0.5, 0.1], [1, 1], { reduction: "sum", margin: 1 }); // 1.5
 * marginRankingLoss.valueAndGrad([0.2, 0.9], [0.5, 0.1], [1, 1]).grad; // [-0.5, 0]
 * ```
 *
 * Source: `torch.nn.functional.margin_ranking_loss`; Joachims, "Optimizing search engines using
 * clickthrough data" (KDD 2002), for learning from pairs.
 */
export const marginRankingLoss: Loss<
  [input2: FloatInput, target: FloatInput],
  MarginRankingLossOptions,
  "element",
  "input1" | "input2"
> = /* @__PURE__ */ elementLoss<
  MarginRankingLossOptions,
  [input2: FloatInput, target: FloatInput],
  never,
  "input1" | "input2"
>({
  kind: "element",
  name: "marginRankingLoss",
  arguments: ["input1", "input2", "target"],
  differentiable: ["input1", "input2"],
  options: {
    margin: numeric(0, "a finite number", Number.isFinite),
  },
  neverThrows: true,
  formula: ({ margin }) => ({
    [kernel](block, input1, input2, target) {
      const { input1: gradX, input2: gradY } = block.gradients ?? {};
      const outputs = { ...pairOutputs(block), gradX, gradY };
      return marginRankingBlock(input1, input2, target, outputs, block.count, margin);
    },
    block({ count, losses, gradients }, input1, input2, target) {
      const { input1: grad1, input2: grad2 } = gradients ?? {};
      for (let i = 0; i < count; i++) {
        const missing = margin - target[i] * (input1[i] - input2[i]);
        losses[i] = Math.max(0, missing);
        // A target of NaN has a gradient of NaN.
        if (grad1) grad1[i] = missing >= 0 || Number.isNaN(target[i]) ? 0 - target[i] : 0;
      }
      if (grad1 && grad2) storeOpposite(grad1, grad2, count);
    },
  }),
});
