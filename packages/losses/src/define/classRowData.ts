import { minBulkCopyLength, type RowData } from "@surprisal/core/authoring";
import { type ClassBatch, isFullyMasked } from "./classBatch.ts";
import type { LoadGradScale, StoreLosses } from "./preparedLoss.ts";

/**
 * Makes the row data of a batch: the kernel gets each row's target and scale, and returns its loss.
 *
 * The target is −1 for a row that contributes nothing. With class probabilities it is 0 for every
 * other row.
 */
export function classRowData(
  batch: ClassBatch,
  storeLosses: StoreLosses,
  loadGradScale: LoadGradScale | undefined,
): RowData {
  return {
    constantGradScale: loadGradScale?.constant,
    load(first, count, targets, gradScale) {
      loadTargets(batch, first, count, targets);
      if (batch.zeroWhenEmpty) {
        for (let i = 0; i < count; i++) if (isFullyMasked(batch, first + i)) targets[i] = -1;
      }
      loadGradScale?.(first, count, gradScale);
    },
    store: storeLosses,
  };
}

function loadTargets(batch: ClassBatch, first: number, count: number, targets: Int32Array): void {
  const { target } = batch;
  if (target.kind === "probabilities") {
    const { sampleWeight } = batch;
    if (sampleWeight === undefined) targets.fill(0, 0, count);
    // Without a branch, which zeros here and there would mislead.
    else for (let i = 0; i < count; i++) targets[i] = -Number(sampleWeight[first + i] === 0);
    return;
  }
  const { indices } = target;
  if (count >= minBulkCopyLength) targets.set(indices.subarray(first, first + count));
  else for (let i = 0; i < count; i++) targets[i] = indices[first + i];
}

/**
 * Multiplies each row's loss and scale by the weight of its class.
 *
 * A row of weight 0 gets target −1: it contributes nothing, even if its loss is infinite.
 *
 * @param hasGradient whether the scales are used. Without a gradient they hold anything.
 */
export function withClassWeights(
  classWeight: Float64Array,
  rows: RowData,
  hasGradient: boolean,
): RowData {
  return {
    load(first, count, targets, gradScale) {
      rows.load(first, count, targets, gradScale);
      for (let i = 0; i < count; i++) targets[i] |= -Number(classWeight[first + i] === 0);
      if (!hasGradient) return;
      // The scale of an ignored row is not used.
      for (let i = 0; i < count; i++) gradScale[i] *= classWeight[first + i];
    },
    store(first, count, losses) {
      for (let i = 0; i < count; i++) losses[i] *= classWeight[first + i];
      rows.store(first, count, losses);
    },
  };
}
