import type { FloatInput } from "@surprisal/core";
import { asymmetricBlock, numeric } from "@surprisal/core/authoring";
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import { kernel, pairOutputs } from "../define/elementFormula.ts";
import { elementLoss } from "../define/elementLoss.ts";
import { withLogisticBlock } from "../define/logisticBlock.ts";
import { powerOf } from "../define/power.ts";

/** Options of `asymmetricLoss`. */
export interface AsymmetricLossOptions extends LossOptions {
  /**
   * The exponent of a present label. A finite number of at least 0.
   *
   * @defaultValue 1
   */
  gammaPos?: number | undefined;
  /**
   * The exponent of an absent label. A finite number of at least 0.
   *
   * @defaultValue 4
   */
  gammaNeg?: number | undefined;
  /**
   * The number that is subtracted from the probability of an absent label. A number from 0 to below 1.
   *
   * @defaultValue 0.05
   */
  clip?: number | undefined;
}

/**
 * Computes the asymmetric loss of each logit, for rows with several labels.
 *
 * Most labels of a row are absent. The loss of an absent label has an exponent of its own, and is 0 if the
 * probability is below `clip`. The few labels that are present then dominate.
 *
 * ℓ = −(1 − p)^gammaPos · log p for the label 1, with p = σ(x)
 *
 * ℓ = −pₘ^gammaNeg · log(1 − pₘ) for the label 0, with pₘ = max(p − clip, 0)
 *
 * @param input logits of any shape.
 * @param target labels 0 and 1, of the input's shape, or of a shape that broadcasts with it.
 * @param options reduction, sampleWeight, gammaPos, gammaNeg, clip, out; in `valueAndGrad` also
 * gradOutput.
 * @returns the loss: a number, or with `reduction: "none"` one per element, in nats.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if shapes do not broadcast, or an option is out of range.
 *
 * @example
 * ```ts
 * import { asymmetricLoss } from "@surprisal/losses";
 *
 * asymmetricLoss([2, -1], [1, 0]); // 0.007…
 * asymmetricLoss([2, -1], [1, 0], { gammaPos: 0, gammaNeg: 0, clip: 0 }); // 0.220…
 * asymmetricLoss.valueAndGrad([2, -4], [1, 0]).grad; // [-0.0137…, 0]
 * ```
 *
 * Source: Ridnik et al., "Asymmetric loss for multi-label classification", arXiv 2009.14119.
 */
export const asymmetricLoss: Loss<[target: FloatInput], AsymmetricLossOptions, "element"> =
  /* @__PURE__ */ elementLoss<AsymmetricLossOptions, [target: FloatInput]>({
    kind: "element",
    name: "asymmetricLoss",
    options: {
      gammaPos: numeric(1, "a finite number of at least 0", isExponent),
      gammaNeg: numeric(4, "a finite number of at least 0", isExponent),
      clip: numeric(0.05, "a number from 0 to below 1", (clip) => clip >= 0 && clip < 1),
    },
    neverThrows: true,
    formula: ({ gammaPos, gammaNeg, clip }) => ({
      [kernel]: (block, input, target) =>
        asymmetricBlock(input, target, pairOutputs(block), block.count, clip, gammaPos, gammaNeg),
      block({ count, losses, gradients }, input, target) {
        const gradInput = gradients?.input;
        const powerPos = powerOf(gammaPos);
        const powerNeg = powerOf(gammaNeg);
        withLogisticBlock(input, losses, count, ({ sigmoids, opposites }) => {
          for (let i = 0; i < count; i++) {
            const p = sigmoids[i];
            const q = opposites[i];
            const t = target[i];
            // Where p·q is 0, the cross-entropy may be infinite: the limit of their product is 0.
            const pq = p * q;
            let value = 0;
            let slope = 0;
            // A label of coefficient 0 contributes nothing, even if its loss is infinite.
            if (t !== 0) {
              const factor = t * powerPos(q);
              value += factor * input[i];
              slope -= factor * (q + (pq === 0 ? 0 : gammaPos * p * input[i]));
            }
            const shifted = p - clip;
            const factor = t !== 1 && !(shifted <= 0) ? (1 - t) * powerNeg(shifted) : 0;
            if (factor !== 0) {
              // 1 − shifted, from the digits of 1 − p, which p has lost where it is near 1.
              const complement = q + clip;
              const plain = () => (shifted < 0.5 ? -Math.log1p(-shifted) : -Math.log(complement));
              const surprisal = clip === 0 ? losses[i] : plain();
              value += factor * surprisal;
              const rest = clip === 0 ? p : pq / complement;
              slope += factor * (rest + (pq === 0 ? 0 : (gammaNeg * pq * surprisal) / shifted));
            }
            losses[i] = value;
            if (gradInput) gradInput[i] = slope;
          }
        });
      },
    }),
  });

function isExponent(gamma: number): boolean {
  return gamma >= 0 && gamma < Number.POSITIVE_INFINITY;
}
