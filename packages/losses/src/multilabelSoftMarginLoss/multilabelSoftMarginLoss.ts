import type { FloatInput, NumberInput } from "@surprisal/core";
import { binaryCrossEntropyKernel } from "@surprisal/core/authoring";
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import { rowLoss } from "../define/rowLoss.ts";

/** Options of `multilabelSoftMarginLoss`. */
export interface MultilabelSoftMarginLossOptions extends LossOptions {
  /**
   * The axis of the vectors; negative counts from the end.
   *
   * @defaultValue -1
   */
  axis?: number | undefined;
  /**
   * Factors of the losses of the labels: one number per label, or one per label of each row. The axes of the rows
   * broadcast.
   */
  weight?: NumberInput | undefined;
}

/**
 * Computes the mean binary cross-entropy of the labels of each row.
 *
 * A row has a logit for each label, and any number of labels may be present. The loss of a row is the mean
 * of binaryCrossEntropyWithLogits over its labels.
 *
 * ℓ = Σⱼ wⱼ · (tⱼ · log(1 + exp(−xⱼ)) + (1 − tⱼ) · log(1 + exp(xⱼ))) / C; ∂ℓ/∂xⱼ = wⱼ · (σ(xⱼ) − tⱼ) /
 * C
 *
 * @param input logits of shape [C], [N, C] or […, C].
 * @param target 0 or 1 for each logit, or a number between. Its rows are as long as the input's. The other axes broadcast.
 * @param options reduction, axis, sampleWeight, weight, out; in `valueAndGrad` also gradOutput,
 * differentiate.
 * @returns the loss: a number, or with `reduction: "none"` one per vector, in nats.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if shapes do not fit, or an option is out of range.
 *
 * @example
 * ```ts
 * import { multilabelSoftMarginLoss } from "@surprisal/losses";
 *
 * multilabelSoftMarginLoss([2, -1, 0], [1, 0, 1]); // 0.377…
 * multilabelSoftMarginLoss([[2, -1], [0, 0]], [[1, 0], [1, 1]], { reduction: "none" }); // [0.220…, 0.693…]
 * multilabelSoftMarginLoss.valueAndGrad([2, -1], [1, 0]).grad; // [-0.059…, 0.134…]
 * ```
 *
 * Source: `torch.nn.functional.multilabel_soft_margin_loss`.
 */
export const multilabelSoftMarginLoss: Loss<
  [target: FloatInput],
  MultilabelSoftMarginLossOptions,
  "row",
  "input" | "target"
> = /* @__PURE__ */ rowLoss<
  MultilabelSoftMarginLossOptions,
  [target: FloatInput],
  "weight",
  "input" | "target"
>({
  kind: "row",
  name: "multilabelSoftMarginLoss",
  arguments: { input: "vector", target: "vector" },
  differentiable: ["input", "target"],
  vectorOptions: ["weight"],
  neverThrows: true,
  formula: () => ({
    block({ rows, size, losses, gradients }, input, target, weight) {
      const { input: gradInput, target: gradTarget } = gradients ?? {};
      const count = rows * size;
      for (let k = 0; gradTarget !== undefined && k < count; k++) gradTarget[k] = -input[k];
      // The elements' losses take the place of the logits.
      binaryCrossEntropyKernel(input, target, input, gradInput, count);
      for (let r = 0, k = 0; r < rows; r++) {
        let sum = 0;
        for (let j = 0; j < size; j++, k++) {
          const factor = (weight === undefined ? 1 : weight[k]) / size;
          // A class of weight 0 contributes nothing, even if its loss is infinite.
          const isIgnored = factor === 0;
          if (!isIgnored) sum += factor * input[k];
          if (gradInput) gradInput[k] = isIgnored ? 0 : gradInput[k] * factor;
          if (gradTarget) gradTarget[k] = isIgnored ? 0 : gradTarget[k] * factor;
        }
        losses[r] = size === 0 ? Number.NaN : sum;
      }
    },
  }),
});
