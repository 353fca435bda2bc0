import type { FloatInput } from "@surprisal/core";
import { numeric, sigmoidFocalBlock, sumOfBlock } from "@surprisal/core/authoring";
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import { kernel, pairOutputs } from "../define/elementFormula.ts";
import { elementLoss } from "../define/elementLoss.ts";
import { withLogisticBlock } from "../define/logisticBlock.ts";
import { powerOf } from "../define/power.ts";

/** Options of `sigmoidFocalLoss`. */
export interface SigmoidFocalLossOptions extends LossOptions {
  /**
   * The weight of class 1, from 0 to 1; class 0 has 1 − alpha. A negative number leaves both at 1.
   *
   * @defaultValue 0.25
   */
  alpha?: number | undefined;
  /**
   * How fast the weight of an easy prediction falls. A finite number of at least 0; 0 gives the
   * weighted cross-entropy.
   *
   * @defaultValue 2
   */
  gamma?: number | undefined;
}

/**
 * Computes the focal loss of each logit: the binary cross-entropy, with less weight on predictions that are
 * already right.
 *
 * Detectors see thousands of easy negatives for each object. The factor (1 − pₜ)^γ shrinks their losses, so
 * that the hard examples dominate.
 *
 * ℓ = αₜ · (1 − pₜ)^gamma · (−log pₜ). For the label 1, pₜ = σ(x) and αₜ = alpha. For the label 0,
 * pₜ = 1 − σ(x) and αₜ = 1 − alpha.
 *
 * @param input logits of any shape.
 * @param target labels 0 and 1, of the input's shape, or of a shape that broadcasts with it.
 * @param options reduction, sampleWeight, alpha, gamma, out; in `valueAndGrad` also gradOutput.
 * @returns the loss: a number, or with `reduction: "none"` one per element, in nats.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if shapes do not broadcast, or an option is out of range.
 *
 * @example
 * ```ts
 * import { sigmoidFocalLoss } from "@surprisal/losses";
 *
 * sigmoidFocalLoss([2, -1], [1, 0]); // 0.008…
 * sigmoidFocalLoss([2, -1], [1, 0], { gamma: 0, alpha: -1 }); // 0.220…
 * sigmoidFocalLoss.valueAndGrad([2, -1], [1, 0]).grad; // [-0.0006…, 0.0197…]
 * ```
 *
 * Source: `torchvision.ops.sigmoid_focal_loss`; Lin, Goyal, Girshick, He & Dollár, "Focal loss for
 * dense object detection", arXiv 1708.02002.
 */
export const sigmoidFocalLoss: Loss<[target: FloatInput], SigmoidFocalLossOptions, "element"> =
  /* @__PURE__ */ elementLoss<SigmoidFocalLossOptions, [target: FloatInput]>({
    kind: "element",
    name: "sigmoidFocalLoss",
    options: {
      alpha: numeric(0.25, "a number up to 1", (alpha) => alpha <= 1),
      gamma: numeric(2, "a finite number of at least 0", (gamma) => gamma >= 0 && gamma < Infinity),
    },
    neverThrows: true,
    formula: ({ alpha, gamma }) => ({
      [kernel]: (block, input, target) =>
        sigmoidFocalBlock(input, target, pairOutputs(block), block.count, alpha, gamma),
      block({ count, losses, gradients }, input, target) {
        const gradInput = gradients?.input;
        const power = powerOf(gamma);
        withLogisticBlock(input, losses, count, ({ sigmoids, opposites }) => {
          const areFinite = Number.isFinite(sumOfBlock(losses, count) + sumOfBlock(input, count));
          for (let i = 0; i < count; i++) {
            const p = sigmoids[i];
            const q = opposites[i];
            const t = target[i];
            const weight = alpha < 0 ? 1 : alpha * t + (1 - alpha) * (1 - t);
            // A label of coefficient 0 contributes nothing, even if its loss is infinite. Conditions on labels take
            // longer than the arithmetic.
            const crossEntropy = areFinite
              ? (1 - t) * losses[i] + t * input[i]
              : (t === 1 ? 0 : (1 - t) * losses[i]) + (t === 0 ? 0 : t * input[i]);
            const miss = q * t + p * (1 - t);
            const factor = weight * power(miss);
            losses[i] = factor === 0 ? 0 : factor * crossEntropy;
            if (gradInput === undefined) continue;
            const slope = (1 - t) * p - t * q;
            // γ · m^(γ − 1) · dm/dx · cross-entropy; m is p or q, which dm/dx = ±p·q has as a factor.
            // Where p·q is 0, the cross-entropy may be infinite, or m may be 0: the limit is 0.
            const pq = p * q;
            const shrink = pq === 0 ? 0 : (gamma * (1 - 2 * t) * pq * crossEntropy) / miss;
            gradInput[i] = factor === 0 ? 0 : factor * (slope + shrink);
          }
        });
      },
    }),
  });
