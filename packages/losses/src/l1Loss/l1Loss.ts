import type { FloatInput } from "@surprisal/core";
import type { Loss, LossOptions, MeanWeightOptions } from "../define/defineLoss.ts";
import { absoluteKernel, storeAbsolute, storeOpposite } from "../define/differences.ts";
import { kernel } from "../define/elementFormula.ts";
import { elementLoss } from "../define/elementLoss.ts";

/** Options of `l1Loss`. */
export interface L1LossOptions extends LossOptions, MeanWeightOptions {}

/**
 * Computes the absolute error of each element.
 *
 * Every error counts in proportion to its size, so single large errors matter less than in mseLoss. The
 * best constant prediction is the median of the targets.
 *
 * ℓ = |x − t|; ∂ℓ/∂x = sign(x − t) = −∂ℓ/∂t, and 0 where x = t
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
 * import { l1Loss } from "@surprisal/losses";
 *
 * l1Loss([1, 3], [0, 1]); // 1.5
 * l1Loss([1, 3], [0, 1], { reduction: "none" }); // [1, 2]
 * l1Loss.valueAndGrad([1, 3], [2, 1]).grad; // [-0.5, 0.5]
 * ```
 *
 * Source: `torch.nn.functional.l1_loss`.
 */
export const l1Loss: Loss<[target: FloatInput], L1LossOptions, "element", "input" | "target"> =
  /* @__PURE__ */ elementLoss<L1LossOptions, [target: FloatInput], "weight", "input" | "target">({
    kind: "element",
    name: "l1Loss",
    differentiable: ["input", "target"],
    meanWeight: "weight",
    neverThrows: true,
    formula: () => ({
      [kernel]: absoluteKernel,
      block({ count, losses, gradients }, input, target) {
        const { input: gradInput, target: gradTarget } = gradients ?? {};
        storeAbsolute(input, target, losses, gradInput, count);
        if (gradInput && gradTarget) storeOpposite(gradInput, gradTarget, count);
      },
    }),
  });
