import type { FloatInput } from "@surprisal/core";
import { boolean, gaussianBlock, logKernel, numeric } from "@surprisal/core/authoring";
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import { storeOpposite } from "../define/differences.ts";
import { kernel, pairOutputs } from "../define/elementFormula.ts";
import { elementLoss } from "../define/elementLoss.ts";

/** Options of `gaussianNllLoss`. */
export interface GaussianNllLossOptions extends LossOptions {
  /**
   * Whether the constant log(2π) / 2 is added.
   *
   * @defaultValue false
   */
  full?: boolean | undefined;
  /**
   * The smallest variance. A finite number above 0.
   *
   * @defaultValue 1e-6
   */
  eps?: number | undefined;
}

/**
 * Computes the negative log-likelihood of each target under a Gaussian distribution.
 *
 * The model predicts a mean and a variance. A large variance makes errors cheaper, but adds its logarithm
 * to the loss. In this way the model says how sure it is.
 *
 * ℓ = (log v + (x − t)² / v) / 2, with v = max(variance, eps); with full, + log(2π) / 2. ∂ℓ/∂x = (x −
 * t) / v = −∂ℓ/∂t; ∂ℓ/∂v = (1 − (x − t)² / v) / 2v
 *
 * @param input expected values of any shape.
 * @param target numbers of the input's shape, or of a shape that broadcasts with it.
 * @param variance variances of at least 0: one for each element, a number for all, or one for each
 * vector along the input's last axis.
 * @param options reduction, sampleWeight, full, eps, out; in `valueAndGrad` also gradOutput,
 * differentiate.
 * @returns the loss: a number, or with `reduction: "none"` one per element, in nats.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if shapes do not broadcast, a variance is negative, or an option is out of range.
 *
 * @example
 * ```ts
 * import { gaussianNllLoss } from "@surprisal/losses";
 *
 * gaussianNllLoss([1, 2], [0, 2], [1, 4]); // 0.596…
 * gaussianNllLoss([1, 2], [0, 2], 1, { full: true }); // 1.168…
 * gaussianNllLoss.valueAndGrad([1, 2], [0, 2], [1, 4]).grads.variance; // [0, 0.0625]
 * ```
 *
 * Source: `torch.nn.functional.gaussian_nll_loss`; Nix & Weigend, "Estimating the mean and variance of
 * the target probability distribution" (1994).
 */
export const gaussianNllLoss: Loss<
  [target: FloatInput, variance: FloatInput],
  GaussianNllLossOptions,
  "element",
  "input" | "target" | "variance"
> = /* @__PURE__ */ elementLoss<
  GaussianNllLossOptions,
  [target: FloatInput, variance: FloatInput],
  never,
  "input" | "target" | "variance"
>({
  kind: "element",
  name: "gaussianNllLoss",
  arguments: ["input", "target", "variance"],
  differentiable: ["input", "target", "variance"],
  perVector: ["variance"],
  check: {
    variance: { valid: (v) => !(v < 0), expected: "a number of at least 0", range: [0, Infinity] },
  },
  options: {
    full: boolean(false),
    eps: {
      ...numeric(1e-6, "a finite number above 0", (eps) => eps > 0 && eps < Infinity),
      otherNames: /^epsilon$/,
    },
  },
  neverThrows: true,
  formula: ({ full, eps }) => ({
    [kernel](block, input, target, variance) {
      const outputs = { ...pairOutputs(block), gradZ: block.gradients?.variance };
      return gaussianBlock(input, target, variance, outputs, block.count, eps, constantOf(full));
    },
    block({ count, losses, gradients }, input, target, variance) {
      const { input: gradInput, target: gradTarget, variance: gradVariance } = gradients ?? {};
      for (let i = 0; i < count; i++) variance[i] = Math.max(variance[i], eps);
      logKernel(variance, losses, count);
      const constant = constantOf(full);
      // The error is divided before it is squared, so that it does not overflow. One loop for each result is
      // faster than tests for each gradient in one loop.
      for (let i = 0; i < count; i++) {
        const error = input[i] - target[i];
        losses[i] = 0.5 * (losses[i] + (error / variance[i]) * error) + constant;
      }
      for (let i = 0; gradInput && i < count; i++) {
        gradInput[i] = (input[i] - target[i]) / variance[i];
      }
      if (gradInput && gradTarget) storeOpposite(gradInput, gradTarget, count);
      for (let i = 0; gradVariance && i < count; i++) {
        const error = input[i] - target[i];
        gradVariance[i] = (0.5 - 0.5 * ((error / variance[i]) * error)) / variance[i];
      }
    },
  }),
});

/** Returns the part of a loss that depends on no argument. */
function constantOf(full: boolean): number {
  return full ? 0.5 * Math.log(2 * Math.PI) : 0;
}
