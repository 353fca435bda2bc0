import type { FloatInput } from "@surprisal/core";
import { numeric } from "@surprisal/core/authoring";
import type { Loss, LossOptions } from "../../src/define/defineLoss.ts";
import { elementLoss } from "../../src/define/elementLoss.ts";

/** Options of `templateLoss`. */
export interface TemplateLossOptions extends LossOptions {
  // TODO: the options of this loss, each with its meaning, its range and its default.
  /**
   * Multiplies each loss. A finite number above 0.
   *
   * @defaultValue 1
   */
  scale?: number | undefined;
}

// TODO: one line on what the loss measures, then when to use it, the formula, shapes and source.
/**
 * The squared error of each element.
 *
 * Large errors dominate it: an error of 10 counts a hundred times as much as an error of 1.
 *
 * ℓ = scale · (x − t)²; ∂ℓ/∂x = 2 · scale · (x − t) = −∂ℓ/∂t
 *
 * @param input predictions of any shape.
 * @param target numbers of the input's shape, or of a shape that broadcasts with it.
 * @param options reduction, scale, out; in `valueAndGrad` also gradOutput, differentiate.
 * @returns the loss: a number, or with `reduction: "none"` one per element.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, or an option is out of range.
 *
 * @example
 * ```ts
 * import { templateLoss } from "@surprisal/losses";
 *
 * templateLoss([1, 3], [0, 1]); // 2.5
 * templateLoss([1, 3], [0, 1], { reduction: "none", scale: 2 }); // [2, 8]
 * templateLoss.valueAndGrad([1, 3], [0, 1]).grad; // [1, 2]
 * ```
 *
 * Source: `torch.nn.functional.mse_loss`.
 */
export const templateLoss: Loss<
  [target: FloatInput],
  TemplateLossOptions,
  "element",
  "input" | "target"
> = /* @__PURE__ */ elementLoss<
  TemplateLossOptions,
  [target: FloatInput],
  never,
  "input" | "target"
>({
  kind: "element",
  name: "templateLoss",
  arguments: ["input", "target"],
  differentiable: ["input", "target"],
  options: { scale: numeric(1, "a finite number above 0", isPositive) },
  neverThrows: true,
  formula: ({ scale }) => ({
    block({ count, losses, gradients }, input, target) {
      // The gradient of an argument is missing if it is not asked for.
      const { input: gradInput, target: gradTarget } = gradients ?? {};
      for (let i = 0; i < count; i++) {
        const error = input[i] - target[i];
        losses[i] = scale * error * error;
        if (gradInput) gradInput[i] = 2 * scale * error;
        if (gradTarget) gradTarget[i] = -2 * scale * error;
      }
    },
  }),
});

function isPositive(scale: number): boolean {
  return scale > 0 && scale < Number.POSITIVE_INFINITY;
}
