import type { FloatInput } from "@surprisal/core";
import { expm1Kernel, log1pKernel, logCoshBlock, tanhKernel } from "@surprisal/core/authoring";
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import { storeOpposite } from "../define/differences.ts";
import { kernel, pairOutputs } from "../define/elementFormula.ts";
import { elementLoss } from "../define/elementLoss.ts";

/**
 * Computes the logarithm of the hyperbolic cosine of each error.
 *
 * For small errors it is close to half of the squared error, and for large errors to the absolute error
 * minus ln 2. There is no kink between them.
 *
 * ℓ = log cosh(x − t); ∂ℓ/∂x = tanh(x − t) = −∂ℓ/∂t
 *
 * @param input predictions of any shape.
 * @param target numbers of the input's shape, or of a shape that broadcasts with it.
 * @param options reduction, sampleWeight, out; in `valueAndGrad` also gradOutput, differentiate.
 * @returns the loss: a number, or with `reduction: "none"` one per element.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { logCoshLoss } from "@surprisal/losses";
 *
 * logCoshLoss([0.5, 3], [0, 0]); // 1.214…
 * logCoshLoss([0.5, 3], [0, 0], { reduction: "none" }); // [0.120…, 2.309…]
 * logCoshLoss.valueAndGrad([0.5, 3], [0, 0]).grad; // [0.231…, 0.497…]
 * ```
 *
 * Source: Keras's `log_cosh`, optax's `log_cosh`.
 */
export const logCoshLoss: Loss<[target: FloatInput], LossOptions, "element", "input" | "target"> =
  /* @__PURE__ */ elementLoss<LossOptions, [target: FloatInput], never, "input" | "target">({
    kind: "element",
    name: "logCoshLoss",
    differentiable: ["input", "target"],
    neverThrows: true,
    formula: () => ({
      [kernel]: (block, input, target) =>
        logCoshBlock(input, target, pairOutputs(block), block.count),
      block({ count, losses, gradients }, input, target) {
        const { input: gradInput, target: gradTarget } = gradients ?? {};
        for (let i = 0; i < count; i++) {
          input[i] -= target[i];
          target[i] = Math.abs(input[i]);
          losses[i] = Math.min(target[i], largeError);
        }
        if (gradInput) tanhKernel(input, gradInput, count);
        expm1Kernel(losses, losses, count);
        for (let i = 0; i < count; i++) losses[i] *= losses[i] / (2 + 2 * losses[i]);
        log1pKernel(losses, losses, count);
        for (let i = 0; i < count; i++) {
          if (target[i] > largeError) losses[i] = target[i] - Math.LN2;
        }
        if (gradInput && gradTarget) storeOpposite(gradInput, gradTarget, count);
      },
    }),
  });

/** Beyond this error, log(1 + exp(−2|d|)) is negligible. */
const largeError = 20;
