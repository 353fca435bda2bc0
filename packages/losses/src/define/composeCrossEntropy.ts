import {
  crossEntropyKernel,
  type KernelArray,
  type Layout,
  rowOffset,
} from "@surprisal/core/authoring";
import type { ClassIndexKernel } from "./classLoss.ts";

/**
 * Computes a class loss that is a function of each row's cross-entropy on the fused kernels.
 *
 * For `classIndexKernel` in the definition of a class loss. Its formula is still needed, for label smoothing
 * and class probabilities.
 *
 * ℓ = f(c) for the cross-entropy c = −log softmax(x)ₜ, so ∂ℓ/∂xⱼ = f′(c) · (softmax(x)ⱼ − [j = t])
 *
 * @param loss f, of nats.
 * @param slope f′.
 * @returns what `classIndexKernel` returns: one exponential per element for all losses and their gradients.
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
 * Source: the chain rule; what Lin et al., arXiv 1708.02002, do to the cross-entropy is of this kind.
 */
export function composeCrossEntropy(
  loss: (crossEntropy: number) => number,
  slope: (crossEntropy: number) => number,
): ClassIndexKernel {
  return (x, layout, rows, gradient) => {
    let classes: Int32Array | undefined;
    crossEntropyKernel(
      x,
      layout,
      {
        load(first, count, targets, gradScale) {
          rows.load(first, count, targets, gradScale);
          classes = targets;
        },
        store(first, count, values) {
          // Copies: a loss may compute others, for which the kernels use their arrays again.
          const counts = Array.from(classes?.subarray(0, count) ?? [], (t) => t >= 0);
          const losses = values.slice(0, count);
          for (let i = 0; i < count; i++) {
            if (!counts[i]) continue;
            if (gradient) scaleRow(gradient, first + i, layout, slope(losses[i]));
            losses[i] = loss(losses[i]);
          }
          values.set(losses);
          rows.store(first, count, values);
        },
      },
      gradient,
    );
  };
}

function scaleRow(array: KernelArray, row: number, layout: Layout, factor: number): void {
  const { size, inner } = layout;
  for (let j = 0, k = rowOffset(row, layout); j < size; j++, k += inner) array[k] *= factor;
}
