import type { FloatInput, NumberInput } from "@surprisal/core";
import { huberBlock, numeric } from "@surprisal/core/authoring";
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import { storeOpposite } from "../define/differences.ts";
import { kernel, pairOutputs } from "../define/elementFormula.ts";
import { elementLoss } from "../define/elementLoss.ts";

/** Smaller losses without a weight may have lost digits. */
const minLoss = 1e-290;

/** Options of `huberLoss`. */
export interface HuberLossOptions extends LossOptions {
  /**
   * The error beyond which the loss is linear. A finite number above 0.
   *
   * @defaultValue 1
   */
  delta?: number | undefined;
  /**
   * Factors of the losses: numbers of the losses' shape, or of a shape that broadcasts to it. The mean
   * still divides by the number of losses; with `sampleWeight`, it divides by the weights.
   */
  weight?: NumberInput | undefined;
}

/**
 * Computes the Huber loss of each element: squared near 0, linear beyond.
 *
 * It treats small errors like mseLoss and large ones like l1Loss, so a few wrong targets do not spoil a fit.
 *
 * ℓ = (x − t)² / 2 where |x − t| ≤ delta, else delta · (|x − t| − delta / 2); ∂ℓ/∂x = x − t, limited to
 * −delta and delta, = −∂ℓ/∂t
 *
 * @param input predictions of any shape.
 * @param target numbers of the input's shape, or of a shape that broadcasts with it.
 * @param options reduction, sampleWeight, delta, weight, out; in `valueAndGrad` also gradOutput,
 * differentiate.
 * @returns the loss: a number, or with `reduction: "none"` one per element.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if shapes do not broadcast, or an option is out of range.
 *
 * @example
 * ```ts
 * import { huberLoss } from "@surprisal/losses";
 *
 * huberLoss([0.5, 3], [0, 0]); // 1.3125
 * huberLoss([0.5, 3], [0, 0], { reduction: "none", delta: 2 }); // [0.125, 4]
 * huberLoss.valueAndGrad([0.5, 3], [0, 0]).grad; // [0.25, 0.5]
 * ```
 *
 * Source: `torch.nn.functional.huber_loss`; Huber, "Robust estimation of a location parameter" (1964).
 */
export const huberLoss: Loss<
  [target: FloatInput],
  HuberLossOptions,
  "element",
  "input" | "target"
> = /* @__PURE__ */ elementLoss<
  HuberLossOptions,
  [target: FloatInput],
  "weight",
  "input" | "target"
>({
  kind: "element",
  name: "huberLoss",
  differentiable: ["input", "target"],
  elementOptions: ["weight"],
  options: {
    delta: {
      ...numeric(1, "a finite number above 0", (delta) => delta > 0 && delta < Infinity),
      otherNames: /^beta$/,
    },
  },
  neverThrows: true,
  formula: ({ delta }) => ({
    [kernel]: (block, input, target, weight) =>
      weight === undefined
        ? huberBlock(input, target, pairOutputs(block), block.count, delta)
        : undefined,
    block({ count, losses, gradients }, input, target, weight) {
      const { input: gradInput, target: gradTarget } = gradients ?? {};
      for (let i = 0; i < count; i++) {
        const factor = weight === undefined ? 1 : weight[i];
        // An element of weight 0 contributes nothing, even if its loss is infinite.
        const error = factor === 0 ? 0 : input[i] - target[i];
        const size = Math.abs(error);
        // No branch depends on usual data: with random errors, the processor would mispredict half of them.
        const squared = Math.min(size, delta);
        const rest = size - 0.5 * squared;
        const loss = squared * rest;
        // A weight may bring a loss back that overflows or underflows.
        const isInRange = loss > minLoss && loss < Infinity;
        losses[i] = isInRange ? factor * loss : factor * rest * squared;
        if (gradInput) gradInput[i] = factor * Math.max(-delta, Math.min(delta, error));
      }
      if (gradInput && gradTarget) storeOpposite(gradInput, gradTarget, count);
    },
  }),
});
