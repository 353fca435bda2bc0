import type { FloatInput } from "@surprisal/core";
import { softMarginBlock, softplusKernel, softplusSigmoidKernel } from "@surprisal/core/authoring";
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import { kernel, pairOutputs } from "../define/elementFormula.ts";
import { elementLoss } from "../define/elementLoss.ts";

/**
 * Computes the logistic loss of each prediction, for labels 1 and −1.
 *
 * It is binaryCrossEntropyWithLogits for labels of this form. It is small if prediction and label have the
 * same sign, and about as large as the prediction if they do not.
 *
 * ℓ = log(1 + exp(−t · x)); ∂ℓ/∂x = −t · σ(−t · x)
 *
 * @param input predictions of any shape.
 * @param target labels 1 and −1, of the input's shape, or of a shape that broadcasts with it.
 * @param options reduction, sampleWeight, out; in `valueAndGrad` also gradOutput.
 * @returns the loss: a number, or with `reduction: "none"` one per element, in nats.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { softMarginLoss } from "@surprisal/losses";
 *
 * softMarginLoss([2, -1], [1, 1]); // 0.720…
 * softMarginLoss([2, -1], [1, 1], { reduction: "none" }); // [0.126…, 1.313…]
 * softMarginLoss.valueAndGrad([2, -1], [1, 1]).grad; // [-0.059…, -0.365…]
 * ```
 *
 * Source: `torch.nn.functional.soft_margin_loss`.
 */
export const softMarginLoss: Loss<[target: FloatInput], LossOptions, "element"> =
  /* @__PURE__ */ elementLoss<LossOptions, [target: FloatInput]>({
    kind: "element",
    name: "softMarginLoss",
    neverThrows: true,
    formula: () => ({
      [kernel]: (block, input, target) =>
        softMarginBlock(input, target, pairOutputs(block), block.count),
      block({ count, losses, gradients }, input, target) {
        for (let i = 0; i < count; i++) losses[i] = -target[i] * input[i];
        const gradInput = gradients?.input;
        if (gradInput === undefined) {
          softplusKernel(losses, losses, count);
          return;
        }
        softplusSigmoidKernel(losses, losses, gradInput, count);
        for (let i = 0; i < count; i++) gradInput[i] *= -target[i];
      },
    }),
  });
