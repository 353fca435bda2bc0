import type { FloatInput, NumberInput } from "@surprisal/core";
import {
  binaryCrossEntropyBlock,
  binaryCrossEntropyKernel,
  type KernelArray,
  weightedBinaryCrossEntropyBlock,
} from "@surprisal/core/authoring";
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import { kernel, pairOutputs } from "../define/elementFormula.ts";
import { elementLoss } from "../define/elementLoss.ts";
import { withLogisticBlock } from "../define/logisticBlock.ts";

/** Options of `binaryCrossEntropyWithLogits`. */
export interface BinaryCrossEntropyWithLogitsOptions extends LossOptions {
  /**
   * Factors of the losses: numbers of the losses' shape, or of a shape that broadcasts to it. The mean
   * still divides by the number of losses; with `sampleWeight`, it divides by the weights.
   */
  weight?: NumberInput | undefined;
  /**
   * Factors of the loss of class 1: numbers of the losses' shape, or of a shape that broadcasts to it,
   * such as one per column. With factors above 1, a model finds more of the positives, at the price of more
   * false positives.
   */
  posWeight?: NumberInput | undefined;
}

/**
 * Computes the cross-entropy of each logit: how surprising the target is.
 *
 * The input is the logit of class 1. The loss is exact even if sigmoid would round to 0 or 1. Use it
 * instead of binaryCrossEntropy after sigmoid.
 *
 * ℓ = (1 − t) · log(1 + exp(x)) + posWeight · t · log(1 + exp(−x)); ∂ℓ/∂x = (1 − t) · σ(x) − posWeight
 * · t · σ(−x)
 *
 * @param input logits of any shape.
 * @param target probabilities or labels from 0 to 1, of the input's shape, or of a shape that broadcasts with it.
 * @param options reduction, sampleWeight, weight, posWeight, out; in `valueAndGrad` also gradOutput,
 * differentiate.
 * @returns the loss: a number, or with `reduction: "none"` one per element, in nats.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if shapes do not broadcast, or an option is out of range.
 *
 * @example
 * ```ts
 * import { binaryCrossEntropyWithLogits } from "@surprisal/losses";
 *
 * binaryCrossEntropyWithLogits([2, -1], [1, 0]); // 0.220…
 * binaryCrossEntropyWithLogits([2, -1], [1, 0], { posWeight: [3, 3] }); // 0.347…
 * binaryCrossEntropyWithLogits.valueAndGrad([2, -1], [1, 0]).grad; // [-0.059…, 0.134…]
 * ```
 *
 * Source: `torch.nn.functional.binary_cross_entropy_with_logits`.
 */
export const binaryCrossEntropyWithLogits: Loss<
  [target: FloatInput],
  BinaryCrossEntropyWithLogitsOptions,
  "element",
  "input" | "target"
> = /* @__PURE__ */ elementLoss<
  BinaryCrossEntropyWithLogitsOptions,
  [target: FloatInput],
  "weight" | "posWeight",
  "input" | "target"
>({
  kind: "element",
  name: "binaryCrossEntropyWithLogits",
  differentiable: ["input", "target"],
  elementOptions: ["weight", "posWeight"],
  neverThrows: true,
  formula: () => ({
    [kernel](block, input, target, weight, posWeight) {
      if (weight !== undefined) return undefined;
      const outputs = pairOutputs(block);
      const { count } = block;
      if (posWeight === undefined) return binaryCrossEntropyBlock(input, target, outputs, count);
      return weightedBinaryCrossEntropyBlock(input, target, posWeight, outputs, count);
    },
    block({ count, losses, gradients }, input, target, weight, posWeight) {
      const { input: gradInput, target: gradTarget } = gradients ?? {};
      if (posWeight !== undefined) {
        computeWeighted(count, losses, gradInput, gradTarget, input, target, posWeight);
      } else {
        for (let i = 0; gradTarget !== undefined && i < count; i++) gradTarget[i] = -input[i];
        binaryCrossEntropyKernel(input, target, losses, gradInput, count);
      }
      if (weight === undefined) return;
      for (let i = 0; i < count; i++) {
        // An element of weight 0 contributes nothing, even if its loss is infinite.
        const isIgnored = weight[i] === 0;
        losses[i] = isIgnored ? 0 : losses[i] * weight[i];
        if (gradInput) gradInput[i] = isIgnored ? 0 : gradInput[i] * weight[i];
        if (gradTarget) gradTarget[i] = isIgnored ? 0 : gradTarget[i] * weight[i];
      }
    },
  }),
});

/** Computes a block with weights of class 1. */
function computeWeighted(
  count: number,
  losses: KernelArray,
  gradInput: KernelArray | undefined,
  gradTarget: KernelArray | undefined,
  input: KernelArray,
  target: KernelArray,
  posWeight: KernelArray,
): void {
  // The logits are replaced below.
  gradTarget?.set(input.subarray(0, count));
  withLogisticBlock(input, losses, count, ({ sigmoids, opposites }) => {
    for (let i = 0; i < count; i++) {
      const [softplus, oppositeSoftplus] = [losses[i], input[i]];
      const negative = 1 - target[i];
      const positive = posWeight[i] * target[i];
      // A class of coefficient 0 contributes nothing, even if its loss is infinite.
      losses[i] =
        (negative === 0 ? 0 : negative * softplus) +
        (positive === 0 ? 0 : positive * oppositeSoftplus);
      if (gradInput) gradInput[i] = negative * sigmoids[i] - positive * opposites[i];
      if (gradTarget) {
        gradTarget[i] = slopeByTarget(gradTarget[i], posWeight[i], softplus, oppositeSoftplus);
      }
    }
  });
}

/** Returns w · softplus(−x) − softplus(x), the derivative by the target. */
function slopeByTarget(
  x: number,
  weight: number,
  softplus: number,
  oppositeSoftplus: number,
): number {
  // Of softplus(x) and softplus(−x), the smaller is the other less |x|. No large terms cancel in this form.
  const rest = (weight - 1) * Math.min(softplus, oppositeSoftplus);
  const positive = weight === 0 ? 0 : weight * Math.max(0, -x);
  return positive - Math.max(0, x) + rest;
}
