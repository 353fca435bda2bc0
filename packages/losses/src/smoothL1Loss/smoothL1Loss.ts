import type { FloatInput } from "@surprisal/core";
import { numeric, smoothL1Block } from "@surprisal/core/authoring";
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import { absoluteKernel, storeAbsolute, storeOpposite } from "../define/differences.ts";
import { kernel, pairOutputs } from "../define/elementFormula.ts";
import { elementLoss } from "../define/elementLoss.ts";

/** Options of `smoothL1Loss`. */
export interface SmoothL1LossOptions extends LossOptions {
  /**
   * The error below which the loss is squared. A finite number of at least 0; 0 gives `l1Loss`.
   *
   * @defaultValue 1
   */
  beta?: number | undefined;
}

/**
 * Computes the absolute error of each element, smoothed near 0.
 *
 * Errors below beta are squared, and larger ones count in proportion to their size. The gradient is at most
 * 1, so single large errors do not dominate.
 *
 * ℓ = (x − t)² / (2 · beta) where |x − t| < beta, else |x − t| − beta / 2; ∂ℓ/∂x = (x − t) / beta,
 * limited to −1 and 1, = −∂ℓ/∂t
 *
 * @param input predictions of any shape.
 * @param target numbers of the input's shape, or of a shape that broadcasts with it.
 * @param options reduction, sampleWeight, beta, out; in `valueAndGrad` also gradOutput, differentiate.
 * @returns the loss: a number, or with `reduction: "none"` one per element.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if shapes do not broadcast, or an option is out of range.
 *
 * @example
 * ```ts
 * import { smoothL1Loss } from "@surprisal/losses";
 *
 * smoothL1Loss([0.5, 3], [0, 0]); // 1.3125
 * smoothL1Loss([0.5, 3], [0, 0], { reduction: "none", beta: 2 }); // [0.0625, 2]
 * smoothL1Loss.valueAndGrad([0.5, 3], [0, 0]).grad; // [0.25, 0.5]
 * ```
 *
 * Source: `torch.nn.functional.smooth_l1_loss`; Girshick, "Fast R-CNN", arXiv 1504.08083.
 */
export const smoothL1Loss: Loss<
  [target: FloatInput],
  SmoothL1LossOptions,
  "element",
  "input" | "target"
> = /* @__PURE__ */ elementLoss<
  SmoothL1LossOptions,
  [target: FloatInput],
  never,
  "input" | "target"
>({
  kind: "element",
  name: "smoothL1Loss",
  differentiable: ["input", "target"],
  options: {
    beta: {
      ...numeric(1, "a finite number of at least 0", (beta) => beta >= 0 && beta < Infinity),
      otherNames: /^delta$/,
    },
  },
  neverThrows: true,
  formula: ({ beta }) => ({
    [kernel]: (block, input, target) =>
      beta === 0
        ? absoluteKernel(block, input, target)
        : smoothL1Block(input, target, pairOutputs(block), block.count, beta),
    block({ count, losses, gradients }, input, target) {
      const { input: gradInput, target: gradTarget } = gradients ?? {};
      if (beta === 0) storeAbsolute(input, target, losses, gradInput, count);
      else {
        // No branch depends on the data: with random errors, the processor would mispredict half of them.
        for (let i = 0; i < count; i++) {
          const error = input[i] - target[i];
          const size = Math.abs(error);
          const squared = Math.min(size, beta);
          // The quotient first: the product of two sizes may overflow or underflow where the loss does not.
          losses[i] = (squared / beta) * (size - 0.5 * squared);
          if (gradInput) gradInput[i] = Math.max(-1, Math.min(1, error / beta));
        }
      }
      if (gradInput && gradTarget) storeOpposite(gradInput, gradTarget, count);
    },
  }),
});
