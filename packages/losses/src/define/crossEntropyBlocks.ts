import {
  bufferPool,
  crossEntropyKernel,
  maxBlockRows,
  minBulkCopyLength,
} from "@surprisal/core/authoring";
import type { ClassIndexKernel } from "./classLoss.ts";

/** The numbers of up to `length` rows. */
interface RowBuffers {
  readonly length: number;
  readonly targets: Int32Array;
  readonly derivatives: Float64Array;
}

const pool = /* @__PURE__ */ bufferPool(
  (length): RowBuffers => ({
    length,
    targets: new Int32Array(length),
    derivatives: new Float64Array(length),
  }),
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
    let buffers: RowBuffers | undefined;
    crossEntropyKernel(
      x,
      layout,
      {
        load(first, count, targets, gradScale) {
          rows.load(first, count, targets, gradScale);
          if (!(buffers && buffers.length >= count)) {
            buffers = pool.acquire(Math.max(count, maxBlockRows));
          }
          // A copy, because kernels change the targets of ignored rows.
          if (count >= minBulkCopyLength) buffers.targets.set(targets.subarray(0, count));
          else for (let i = 0; i < count; i++) buffers.targets[i] = targets[i];
        },
        store(first, count, values) {
          if (buffers === undefined) return;
          const derivatives = gradient && buffers.derivatives;
          replaceByLosses(values, buffers.targets, count, derivatives, layout.outer * layout.inner);
          rows.store(first, count, values);
        },
        gradFactors: (count) => (buffers as RowBuffers).derivatives.subarray(0, count),
      },
      gradient,
    );
    if (buffers !== undefined) pool.release(buffers);
  };
}
