import type { FloatInput } from "@surprisal/core";
import {
  boolean,
  expKernel,
  type KernelArray,
  logKernel,
  numeric,
  poissonBlock,
} from "@surprisal/core/authoring";
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import { kernel, pairOutputs } from "../define/elementFormula.ts";
import { elementLoss } from "../define/elementLoss.ts";

/** Options of `poissonNllLoss`. */
export interface PoissonNllLossOptions extends LossOptions {
  /**
   * Whether the input is the logarithm of the expected count.
   *
   * @defaultValue true
   */
  logInput?: boolean | undefined;
  /**
   * Whether Stirling's approximation of log t! is added for targets above 1.
   *
   * @defaultValue false
   */
  full?: boolean | undefined;
  /**
   * The number that keeps the logarithm of an expected count of 0 finite. A finite number of at least 0.
   *
   * @defaultValue 1e-8
   */
  eps?: number | undefined;
}

/**
 * Computes the negative log-likelihood of each count under a Poisson distribution.
 *
 * The input is the logarithm of the expected count, or with `logInput: false` the expected count
 * itself. The term that does not depend on the input is left out unless `full` is true.
 *
 * ℓ = exp(x) − t · x, or x − t · log(x + eps); with full, + t · log t − t + log(2πt) / 2 where t > 1
 *
 * @param input logarithms of the expected counts, or the expected counts, of any shape.
 * @param target counts of the input's shape, or of a shape that broadcasts with it.
 * @param options reduction, sampleWeight, logInput, full, eps, out; in `valueAndGrad` also gradOutput,
 * differentiate.
 * @returns the loss: a number, or with `reduction: "none"` one per element, in nats.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if shapes do not broadcast, or an option is out of range.
 *
 * @example
 * ```ts
 * import { poissonNllLoss } from "@surprisal/losses";
 *
 * poissonNllLoss([0, 1], [1, 3]); // 0.359…
 * poissonNllLoss([1, 2.7], [1, 3], { logInput: false, reduction: "none" }); // [0.99…, -0.279…]
 * poissonNllLoss.valueAndGrad([0, 1], [1, 3]).grad; // [0, -0.140…]
 * ```
 *
 * Source: `torch.nn.functional.poisson_nll_loss`.
 */
export const poissonNllLoss: Loss<
  [target: FloatInput],
  PoissonNllLossOptions,
  "element",
  "input" | "target"
> = /* @__PURE__ */ elementLoss<
  PoissonNllLossOptions,
  [target: FloatInput],
  never,
  "input" | "target"
>({
  kind: "element",
  name: "poissonNllLoss",
  differentiable: ["input", "target"],
  options: {
    logInput: boolean(true),
    full: boolean(false),
    eps: {
      ...numeric(1e-8, "a finite number of at least 0", (eps) => eps >= 0 && eps < Infinity),
      otherNames: /^epsilon$/,
    },
  },
  neverThrows: true,
  formula: ({ logInput, full, eps }) => ({
    [kernel]: (block, input, target) =>
      logInput && !full ? poissonBlock(input, target, pairOutputs(block), block.count) : undefined,
    block({ count, losses, gradients }, input, target) {
      const { input: gradInput, target: gradTarget } = gradients ?? {};
      // losses holds the other form of the expected count.
      if (logInput) expKernel(input, losses, count);
      else {
        for (let i = 0; i < count; i++) losses[i] = input[i] + eps;
        logKernel(losses, losses, count);
      }
      const [expected, logarithms] = logInput ? [losses, input] : [input, losses];
      // One loop for each result takes a third of the time of one loop that tests for each gradient.
      if (gradInput && logInput) {
        for (let i = 0; i < count; i++) gradInput[i] = expected[i] - target[i];
      } else if (gradInput) {
        for (let i = 0; i < count; i++) gradInput[i] = 1 - target[i] / (expected[i] + eps);
      }
      if (gradTarget) for (let i = 0; i < count; i++) gradTarget[i] = -logarithms[i];
      if (full) {
        if (gradTarget) addStirlingSlopes(count, gradTarget, target);
        for (let i = 0; i < count; i++) {
          losses[i] = expected[i] - target[i] * logarithms[i] + logFactorial(target[i]);
        }
      } else {
        for (let i = 0; i < count; i++) losses[i] = expected[i] - target[i] * logarithms[i];
      }
    },
  }),
});

/** Returns log t! by Stirling's approximation for t above 1, and otherwise 0. */
function logFactorial(t: number): number {
  if (!(t > 1)) return 0;
  const logarithm = Math.log(t);
  return t * logarithm - t + 0.5 * (Math.log(2 * Math.PI) + logarithm);
}

/** Adds the derivatives of `logFactorial`. */
function addStirlingSlopes(count: number, gradTarget: KernelArray, target: KernelArray): void {
  for (let i = 0; i < count; i++) {
    const t = target[i];
    if (!(t <= 1)) gradTarget[i] += Math.log(t) + 0.5 / t;
  }
}
