import type { FloatInput, NumberInput } from "@surprisal/core";
import { log1pKernel, logKernel, probabilityCrossEntropyBlock } from "@surprisal/core/authoring";
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import type { ValueCheck } from "../define/elementArguments.ts";
import { kernel, pairOutputs } from "../define/elementFormula.ts";
import { elementLoss } from "../define/elementLoss.ts";

/** Options of `binaryCrossEntropy`. */
export interface BinaryCrossEntropyOptions extends LossOptions {
  /**
   * Factors of the losses: numbers of the losses' shape, or of a shape that broadcasts to it. The mean
   * still divides by the number of losses; with `sampleWeight`, it divides by the weights.
   */
  weight?: NumberInput | undefined;
}

const probability: ValueCheck = {
  valid: (x) => x >= 0 && x <= 1,
  expected: "a probability from 0 to 1",
  range: [0, 1],
};

/**
 * Computes the cross-entropy of each probability: how surprising the target is.
 *
 * The input is the probability of class 1, from `sigmoid`. If you have logits, use
 * binaryCrossEntropyWithLogits: a probability that has been rounded to 0 or 1 has lost its digits.
 *
 * ℓ = −t · log x − (1 − t) · log(1 − x), each logarithm being at least −100; ∂ℓ/∂x = (x − t) / (x · (1
 * − x)); ∂ℓ/∂t = log(1 − x) − log x
 *
 * @param input probabilities from 0 to 1, of any shape.
 * @param target probabilities or labels from 0 to 1, of the input's shape, or of a shape that broadcasts with it.
 * @param options reduction, sampleWeight, weight, out; in `valueAndGrad` also gradOutput,
 * differentiate.
 * @returns the loss: a number, or with `reduction: "none"` one per element, in nats.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if shapes do not broadcast, an input or a target is not from 0 to 1, or an option is
 * out of range.
 *
 * @example
 * ```ts
 * import { binaryCrossEntropy } from "@surprisal/losses";
 *
 * binaryCrossEntropy([0.9, 0.2], [1, 0]); // 0.164…
 * binaryCrossEntropy([0.9, 0.2], [1, 0], { reduction: "none" }); // [0.105…, 0.223…]
 * binaryCrossEntropy.valueAndGrad([0.9, 0.2], [1, 0]).grad; // [-0.555…, 0.624…]
 * ```
 *
 * Source: `torch.nn.functional.binary_cross_entropy`.
 */
export const binaryCrossEntropy: Loss<
  [target: FloatInput],
  BinaryCrossEntropyOptions,
  "element",
  "input" | "target"
> = /* @__PURE__ */ elementLoss<
  BinaryCrossEntropyOptions,
  [target: FloatInput],
  "weight",
  "input" | "target"
>({
  kind: "element",
  name: "binaryCrossEntropy",
  differentiable: ["input", "target"],
  elementOptions: ["weight"],
  check: { input: probability, target: probability },
  neverThrows: true,
  formula: () => ({
    [kernel](block, input, target, weight) {
      if (weight !== undefined) return undefined;
      const outputs = pairOutputs(block);
      const bounds = [leastLogarithm, leastDenominator] as const;
      return probabilityCrossEntropyBlock(input, target, outputs, block.count, ...bounds);
    },
    block({ count, losses, gradients }, input, target, weight) {
      const { input: gradInput, target: gradTarget } = gradients ?? {};
      for (let i = 0; gradInput !== undefined && i < count; i++) {
        const x = input[i];
        gradInput[i] = (x - target[i]) / Math.max(x * (1 - x), leastDenominator);
      }
      logKernel(input, losses, count);
      for (let i = 0; i < count; i++) input[i] = -input[i];
      log1pKernel(input, input, count);
      for (let i = 0; i < count; i++) {
        const log = Math.max(losses[i], leastLogarithm);
        const logOfRest = Math.max(input[i], leastLogarithm);
        losses[i] = (target[i] - 1) * logOfRest - target[i] * log;
        if (gradTarget) gradTarget[i] = logOfRest - log;
      }
      if (weight === undefined) return;
      for (let i = 0; i < count; i++) {
        losses[i] *= weight[i];
        if (gradInput) gradInput[i] *= weight[i];
        if (gradTarget) gradTarget[i] *= weight[i];
      }
    },
  }),
});

/** The bounds that PyTorch sets; the second one is a float32 there. */
const leastLogarithm = -100;
const leastDenominator = /* @__PURE__ */ Math.fround(1e-12);
