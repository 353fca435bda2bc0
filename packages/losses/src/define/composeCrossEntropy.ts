import {
  crossEntropyKernel,
  type KernelArray,
  type Layout,
  rowOffset,
} from "@surprisal/core/authoring";
import { checkReturned } from "./checkReturned.ts";
import type { ClassIndexKernel } from "./classLoss.ts";

/** The largest finite number, at which functions of an infinite cross-entropy have their limit. */
const largest = Number.MAX_VALUE;

/**
 * Makes the `classIndexKernel` of a class loss that is a function of each row's cross-entropy.
 *
 * The kernel computes all losses and their gradients with one exponential per element. The
 * definition still needs a formula, for label smoothing and class probabilities.
 *
 * ℓ = f(c) for the cross-entropy c = −log softmax(x)ₜ, so ∂ℓ/∂xⱼ = f′(c) · (softmax(x)ⱼ − [j = t])
 *
 * The cross-entropy of a masked target (−∞) is Infinity. Where f or f′ is NaN there, because it
 * computes 0 · ∞ for example, its value at the largest finite number is taken. Where
 * softmax(x)ⱼ − [j = t] is 0, the gradient is 0, even if f′(c) is infinite or NaN.
 *
 * @param loss f, a function of the cross-entropy in nats.
 * @param derivative f′.
 * @returns the kernel.
 *
 * @example
 * ```ts
 * import { defineLoss, composeCrossEntropy } from "@surprisal/losses";
 *
 * const squared = defineLoss({
 *   kind: "class",
 *   name: "squared",
 *   classIndexKernel: () => composeCrossEntropy((c) => c * c, (c) => 2 * c),
 *   formula: () => () => { throw new RangeError("squared takes class indices only."); },
 * });
 *
 * squared([2, 1, 0], 0); // 0.16614…
 * ```
 *
 * Source: the chain rule. The focal loss of Lin et al., arXiv 1708.02002, is a loss of this kind.
 */
export function composeCrossEntropy(
  loss: (crossEntropy: number) => number,
  derivative: (crossEntropy: number) => number,
): ClassIndexKernel {
  return (x, layout, rows, gradient) => {
    let loadedTargets: Int32Array | undefined;
    crossEntropyKernel(
      x,
      layout,
      {
        load(first, count, targets, gradScale) {
          rows.load(first, count, targets, gradScale);
          loadedTargets = targets;
        },
        store(first, count, values) {
          // Copies, because `loss` may compute other losses, for which the kernels reuse their arrays.
          const targets = loadedTargets?.slice(0, count);
          const losses = values.slice(0, count);
          targets?.forEach((target, i) => {
            if (target < 0) return;
            const crossEntropy = losses[i];
            losses[i] = atLimit(loss, crossEntropy, "loss");
            if (!gradient) return;
            scaleRow(gradient, first + i, layout, atLimit(derivative, crossEntropy, "derivative"));
          });
          values.set(losses);
          rows.store(first, count, values);
        },
      },
      gradient,
    );
  };
}

/** Returns evaluate(x), or at infinity its limit where it is NaN. `name` is for errors. */
function atLimit(evaluate: (x: number) => number, x: number, name: string): number {
  const value = checkReturned(`composeCrossEntropy: ${name}`, evaluate(x));
  return Number.isNaN(value) && x === Number.POSITIVE_INFINITY ? evaluate(largest) : value;
}

/** Multiplies one row of the array by a factor; 0 stays 0. */
function scaleRow(array: KernelArray, row: number, layout: Layout, factor: number): void {
  const { size, inner } = layout;
  for (let j = 0, k = rowOffset(row, layout); j < size; j++, k += inner) {
    if (array[k] !== 0) array[k] *= factor;
  }
}
