import {
  bufferPool,
  crossEntropyKernel,
  maxBlockRows,
  minBulkCopyLength,
} from "@surprisal/core/authoring";
import type { ClassIndexKernel } from "./classLoss.ts";

const targetPool = /* @__PURE__ */ bufferPool((length): Int32Array => new Int32Array(length));
const derivativePool = /* @__PURE__ */ bufferPool(
  (length): Float64Array => new Float64Array(length),
);

/**
 * Replaces the first `count` cross-entropies by losses, and with `derivatives` writes those of the losses by the
 * cross-entropies. A row of a negative target is left: its loss is 0, and its derivative is not used. `total` is the
 * number of rows of the whole call.
 */
export type CrossEntropyBlock = (
  values: Float64Array,
  targets: Int32Array,
  count: number,
  derivatives: Float64Array | undefined,
  total: number,
) => void;

/** Makes the kernel of a class loss that is a function of each row's cross-entropy; see `composeCrossEntropy`. */
export function crossEntropyBlocks(replaceByLosses: CrossEntropyBlock): ClassIndexKernel {
  return (x, layout, rows, gradient) => {
    let targets: Int32Array | undefined;
    let derivatives: Float64Array | undefined;
    crossEntropyKernel(
      x,
      layout,
      {
        load(first, count, loaded, gradScale) {
          rows.load(first, count, loaded, gradScale);
          // A copy, because kernels change the targets of ignored rows.
          const length = Math.max(count, maxBlockRows);
          if (targets === undefined || targets.length < count) targets = targetPool.acquire(length);
          if (gradient && (derivatives === undefined || derivatives.length < count)) {
            derivatives = derivativePool.acquire(length);
          }
          if (count >= minBulkCopyLength) targets.set(loaded.subarray(0, count));
          else for (let i = 0; i < count; i++) targets[i] = loaded[i];
        },
        store(first, count, values) {
          if (targets === undefined) return;
          replaceByLosses(values, targets, count, derivatives, layout.outer * layout.inner);
          rows.store(first, count, values);
        },
        gradFactors(count) {
          const stored = derivatives as Float64Array;
          return stored.length === count ? stored : stored.subarray(0, count);
        },
      },
      gradient,
    );
    if (targets !== undefined) targetPool.release(targets);
    if (derivatives !== undefined) derivativePool.release(derivatives);
  };
}
