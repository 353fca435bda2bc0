import type { FloatInput } from "@surprisal/core";
import { boolean, expKernel, klDivergenceBlock, logKernel } from "@surprisal/core/authoring";
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import { kernel, pairOutputs } from "../define/elementFormula.ts";
import { elementLoss } from "../define/elementLoss.ts";

/** Options of `klDiv`. */
export interface KlDivOptions extends Omit<LossOptions, "reduction"> {
  /**
   * How the losses become one number: their mean, their sum, or their sum divided by the size of the first
   * axis; `"none"` returns each loss.
   *
   * @defaultValue "mean"
   */
  reduction?: "mean" | "sum" | "none" | "batchmean" | undefined;
  /**
   * Whether the target holds log-probabilities.
   *
   * @defaultValue false
   */
  logTarget?: boolean | undefined;
}

/**
 * Computes the Kullback–Leibler divergence of each element: how much is lost if the input replaces the target.
 *
 * The input holds log-probabilities, as logSoftmax gives them, and the target probabilities. The sum over a
 * row is 0 if both agree. `reduction: "batchmean"` divides the sum by the size of the first axis, not
 * by the number of elements.
 *
 * ℓ = t · (log t − x), and 0 where t = 0; with logTarget, exp(t) · (t − x). ∂ℓ/∂x = −t; ∂ℓ/∂t = log t +
 * 1 − x
 *
 * @param input log-probabilities of any shape.
 * @param target probabilities, or log-probabilities with `logTarget`, of the input's shape, or of a shape that broadcasts with it.
 * @param options reduction, sampleWeight, logTarget, out; in `valueAndGrad` also gradOutput,
 * differentiate.
 * @returns the loss: a number, or with `reduction: "none"` one per element, in nats.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if shapes do not broadcast, or an option is out of range.
 *
 * @example
 * ```ts
 * import { klDiv } from "@surprisal/losses";
 *
 * klDiv([[-0.5, -1]], [[0.6, 0.4]], { reduction: "batchmean" }); // 0.026…
 * klDiv([-0.5, -1], [1, 0], { reduction: "none" }); // [0.5, 0]
 * klDiv.valueAndGrad([-0.5, -1], [0.6, 0.4], { reduction: "sum" }).grad; // [-0.6, -0.4]
 * ```
 *
 * Source: `torch.nn.functional.kl_div`; Kullback & Leibler, "On information and sufficiency" (1951).
 */
export const klDiv: Loss<[target: FloatInput], KlDivOptions, "element", "input" | "target"> =
  /* @__PURE__ */ elementLoss<KlDivOptions, [target: FloatInput], never, "input" | "target">({
    kind: "element",
    name: "klDiv",
    differentiable: ["input", "target"],
    batchMean: true,
    options: {
      logTarget: boolean(false),
    },
    neverThrows: true,
    formula: ({ logTarget }) => ({
      [kernel]: (block, input, target) =>
        logTarget ? undefined : klDivergenceBlock(input, target, pairOutputs(block), block.count),
      block({ count, losses, gradients }, input, target) {
        const { input: gradInput, target: gradTarget } = gradients ?? {};
        // losses holds the other form of the target: its probability, or its logarithm.
        if (logTarget) expKernel(target, losses, count);
        else logKernel(target, losses, count);
        const [probabilities, logarithms] = logTarget ? [losses, target] : [target, losses];
        // One loop for each result is faster than tests for each gradient in one loop.
        for (let i = 0; gradInput && i < count; i++) gradInput[i] = -probabilities[i];
        for (let i = 0; gradTarget && i < count; i++) {
          const slope = logarithms[i] - input[i] + 1;
          const scaled = probabilities[i] === 0 ? 0 : probabilities[i] * slope;
          gradTarget[i] = logTarget ? scaled : slope;
        }
        for (let i = 0; i < count; i++) {
          const probability = probabilities[i];
          losses[i] = probability === 0 ? 0 : probability * (logarithms[i] - input[i]);
        }
      },
    }),
  });
