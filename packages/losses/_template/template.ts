import type { FloatInput } from "@surprisal/core";
import { numeric } from "@surprisal/core/authoring";
import { defineLoss, type Loss, type LossOptions } from "../src/define/defineLoss.ts";

/** Options of `templateLoss`. */
export interface TemplateLossOptions extends LossOptions {
  // TODO: the options of this loss, each with its meaning, its range and its default.
  /**
   * Multiplies each loss. A finite number above 0.
   *
   * @defaultValue 1
   */
  scale?: number;
}

// TODO: one line on what the loss measures, then when to use it, the formula, shapes and source.
/**
 * The squared error of each element.
 *
 * Large errors dominate it: an error of 10 counts a hundred times as much as an error of 1.
 *
 * ℓ = scale · (x − t)²; ∂ℓ/∂x = 2 · scale · (x − t)
 *
 * @param input predictions of any shape.
 * @param target numbers of the input's shape, or of one that broadcasts to it.
 * @param options reduction, scale, out; in `valueAndGrad` also gradOutput.
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
export const templateLoss: Loss<[target: FloatInput], TemplateLossOptions, "element"> =
  /* @__PURE__ */ defineLoss<TemplateLossOptions>({
    kind: "element",
    name: "templateLoss",
    options: { scale: numeric(1, "a finite number above 0", isPositive) },
    formula: ({ scale }) => ({
      loss: (x, t) => scale * (x - t) ** 2,
      gradients: { input: (x, t) => 2 * scale * (x - t) },
    }),
  });

function isPositive(scale: number): boolean {
  return scale > 0 && scale < Number.POSITIVE_INFINITY;
}
