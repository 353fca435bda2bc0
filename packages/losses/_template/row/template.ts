import type { FloatInput, NumberInput } from "@surprisal/core";
import { numeric } from "@surprisal/core/authoring";
import type { Loss, LossOptions } from "../../src/define/defineLoss.ts";
import { rowLoss } from "../../src/define/rowLoss.ts";

/** Options of `templateLoss`. */
export interface TemplateLossOptions extends LossOptions {
  // TODO: the options of this loss, each with its meaning, its range and its default.
  /**
   * The axis of the vectors; negative counts from the end.
   *
   * @defaultValue -1
   */
  axis?: number | undefined;
  /**
   * Multiplies each loss. A finite number above 0.
   *
   * @defaultValue 1
   */
  scale?: number | undefined;
  /** One factor for each element of a vector. */
  weight?: NumberInput | undefined;
}

// TODO: one line on what the loss measures, then when to use it, the formula, shapes and source.
/**
 * The squared distance of two vectors.
 *
 * An element that is far from its target dominates it: the squares are added.
 *
 * ℓ = scale · Σⱼ wⱼ (xⱼ − tⱼ)²; ∂ℓ/∂xⱼ = 2 · scale · wⱼ (xⱼ − tⱼ) = −∂ℓ/∂tⱼ
 *
 * @param input vectors along `axis`.
 * @param target vectors of the same size, whose other axes are the input's or broadcast with them.
 * @param options reduction, axis, scale, weight, out; in `valueAndGrad` also gradOutput, differentiate.
 * @returns the loss: a number, or with `reduction: "none"` one per vector.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, or an option is out of range.
 *
 * @example
 * ```ts
 * import { templateLoss } from "@surprisal/losses";
 *
 * templateLoss([1, 3], [0, 1]); // 5
 * templateLoss([[1, 3], [0, 0]], [0, 1], { reduction: "none", weight: [1, 2] }); // [9, 2]
 * templateLoss.valueAndGrad([1, 3], [0, 1]).grad; // [2, 4]
 * ```
 *
 * Source: `torch.nn.functional.mse_loss`, whose elements are added along the axis.
 */
export const templateLoss: Loss<
  [target: FloatInput],
  TemplateLossOptions,
  "row",
  "input" | "target"
> = /* @__PURE__ */ rowLoss<
  TemplateLossOptions,
  [target: FloatInput],
  "weight",
  "input" | "target"
>({
  kind: "row",
  name: "templateLoss",
  arguments: { input: "vector", target: "vector" },
  differentiable: ["input", "target"],
  options: { scale: numeric(1, "a finite number above 0", isPositive) },
  vectorOptions: ["weight"],
  neverThrows: true,
  formula: ({ scale }) => ({
    block({ rows, size, losses, gradients }, input, target, weight) {
      // The gradient of an argument is missing if it is not asked for, and an option if it is not given.
      const { input: gradInput, target: gradTarget } = gradients ?? {};
      for (let r = 0, k = 0; r < rows; r++) {
        let sum = 0;
        for (let j = 0; j < size; j++, k++) {
          const error = input[k] - target[k];
          const slope = weight === undefined ? scale * error : scale * weight[k] * error;
          sum += slope * error;
          if (gradInput) gradInput[k] = 2 * slope;
          if (gradTarget) gradTarget[k] = -2 * slope;
        }
        losses[r] = sum;
      }
    },
  }),
});

function isPositive(scale: number): boolean {
  return scale > 0 && scale < Number.POSITIVE_INFINITY;
}
