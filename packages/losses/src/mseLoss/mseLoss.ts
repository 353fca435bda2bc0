import type { FloatInput } from "@surprisal/core";
import { squaredDifferenceBlock } from "@surprisal/core/authoring";
import type { Loss, LossOptions, MeanWeightOptions } from "../define/defineLoss.ts";
import { storeOpposite } from "../define/differences.ts";
import { kernel, pairOutputs } from "../define/elementFormula.ts";
import { elementLoss } from "../define/elementLoss.ts";

/** Options of `mseLoss`. */
export interface MseLossOptions extends LossOptions, MeanWeightOptions {}

/**
 * Computes the squared error of each element.
 *
 * Large errors dominate it: an error of 10 counts a hundred times as much as an error of 1. The best
 * constant prediction is the mean of the targets.
 *
 * ℓ = (x − t)²; ∂ℓ/∂x = 2 · (x − t) = −∂ℓ/∂t
 *
 * @param input predictions of any shape.
 * @param target numbers of the input's shape, or of a shape that broadcasts with it.
 * @param options reduction, sampleWeight, weight, out; in `valueAndGrad` also gradOutput,
 * differentiate.
 * @returns the loss: a number, or with `reduction: "none"` one per element.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { mseLoss } from "@surprisal/losses";
 *
 * mseLoss([1, 3], [0, 1]); // 2.5
 * mseLoss([1, 3], [0, 1], { reduction: "none" }); // [1, 4]
 * mseLoss.valueAndGrad([1, 3], [0, 1]).grad; // [1, 2]
 * ```
 *
 * Source: `torch.nn.functional.mse_loss`.
 */
export const mseLoss: Loss<[target: FloatInput], MseLossOptions, "element", "input" | "target"> =
  /* @__PURE__ */ elementLoss<MseLossOptions, [target: FloatInput], "weight", "input" | "target">({
    kind: "element",
    name: "mseLoss",
    differentiable: ["input", "target"],
    meanWeight: "weight",
    neverThrows: true,
    formula: () => ({
      [kernel]: (block, input, target) =>
        squaredDifferenceBlock(input, target, pairOutputs(block), block.count),
      block({ count, losses, gradients }, input, target) {
        const { input: gradInput, target: gradTarget } = gradients ?? {};
        for (let i = 0; i < count; i++) {
          const difference = input[i] - target[i];
          losses[i] = difference * difference;
          if (gradInput) gradInput[i] = 2 * difference;
        }
        if (gradInput && gradTarget) storeOpposite(gradInput, gradTarget, count);
      },
    }),
  });
