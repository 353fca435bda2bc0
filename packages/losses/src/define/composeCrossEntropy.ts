import {
  crossEntropyKernel,
  type KernelArray,
  type Layout,
  rowOffset,
} from "@surprisal/core/authoring";
import type { ClassIndexKernel } from "./classLoss.ts";

/**
 * Makes the `classIndexKernel` of a class loss that is a function of each row's cross-entropy.
 *
 * The kernel computes all losses and their gradients with one exponential per element. The
 * definition still needs a formula, for label smoothing and class probabilities.
 *
 * ℓ = f(c) for the cross-entropy c = −log softmax(x)ₜ, so ∂ℓ/∂xⱼ = f′(c) · (softmax(x)ⱼ − [j = t])
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
            if (gradient) scaleRow(gradient, first + i, layout, derivative(losses[i]));
            losses[i] = loss(losses[i]);
          });
          values.set(losses);
          rows.store(first, count, values);
        },
      },
      gradient,
    );
  };
}

/** Multiplies one row of the array by a factor. */
function scaleRow(array: KernelArray, row: number, layout: Layout, factor: number): void {
  const { size, inner } = layout;
  for (let j = 0, k = rowOffset(row, layout); j < size; j++, k += inner) array[k] *= factor;
}
