import {
  bufferPool,
  composedCrossEntropyKernel,
  maxBlockRows,
  minBulkCopyLength,
  type NamedLoss,
  registeredBackend,
} from "@surprisal/core/authoring";
import type { ClassIndexKernel } from "./classDefinition.ts";

const targetPool = /* @__PURE__ */ bufferPool((length): Int32Array => new Int32Array(length));
const derivativePool = /* @__PURE__ */ bufferPool(
  (length): Float64Array => new Float64Array(length),
);

/**
 * Replaces the first `count` cross-entropies by losses. With `derivatives` it also writes the derivatives of the losses.
 *
 * A row with a negative target has a cross-entropy of 0. Its loss must be 0, and its derivative is not used.
 *
 * @param total the number of rows of the whole call if it is in float32, else 0.
 */
export type CrossEntropyBlock = (
  values: Float64Array,
  count: number,
  derivatives: Float64Array | undefined,
  total: number,
  targets: Int32Array,
) => void;

/**
 * Makes the kernel of a class loss that is a function of each row's cross-entropy; see `composeCrossEntropy`.
 *
 * @param loss the loss, if it is one of this package: several threads compute it.
 */
export function crossEntropyBlocks(
  replaceByLosses: CrossEntropyBlock,
  loss?: NamedLoss,
): ClassIndexKernel {
  return (x, layout, rows, gradient) => {
    const total = x instanceof Float32Array ? layout.outer * layout.inner : 0;
    const kernel = composedKernel(replaceByLosses, total);
    const call = loss && { loss, total, x, layout, rows, gradient, kernel };
    if (call && registeredBackend()?.composedCrossEntropy?.(call)) return;
    kernel(x, layout, rows, gradient);
  };
}

/** Makes the kernel for one thread. `total` is that of `CrossEntropyBlock`. */
export function composedKernel(
  replaceByLosses: CrossEntropyBlock,
  total: number,
): ClassIndexKernel {
  return (x, layout, rows, gradient) => {
    let targets: Int32Array | undefined;
    // Blocks with a gradient have at most so many rows. Those without may have more, on several threads.
    const derivatives = gradient && derivativePool.acquire(maxBlockRows);
    composedCrossEntropyKernel(
      x,
      layout,
      {
        load(first, count, loaded, gradScale) {
          rows.load(first, count, loaded, gradScale);
          if (!(targets && targets.length >= count)) {
            targets = targetPool.acquire(Math.max(count, maxBlockRows));
          }
          // A copy, because kernels change the targets of ignored rows.
          if (count >= minBulkCopyLength) targets.set(loaded.subarray(0, count));
          else for (let i = 0; i < count; i++) targets[i] = loaded[i];
        },
        store(first, count, values) {
          if (targets === undefined) return;
          replaceByLosses(values, count, derivatives, total, targets);
          rows.store(first, count, values);
        },
        gradFactors: (count) => (derivatives as Float64Array).subarray(0, count),
      },
      gradient,
    );
    if (targets !== undefined) targetPool.release(targets);
    if (derivatives !== undefined) derivativePool.release(derivatives);
  };
}
