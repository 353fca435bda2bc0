// A row of soft targets that is longer than the staging buffer.
import { rowOffset } from "../../arrays/layout.ts";
import { softcapRow } from "../js/rows.ts";
import { stagingLength } from "../limits.ts";
import { loadRows, loadWeights, type SoftCall } from "./softCall.ts";
import { scaleRow } from "./softcap.ts";

/**
 * Computes a row that is longer than the staging buffer: its pieces pass through the buffer
 * once for the maximum, once for the sums, and once for the gradient.
 */
export function softLongRow(call: SoftCall, row: number): void {
  const { instance, kernels, x, q, out, layout, rowData, capping } = call;
  const { staging, stagedProbabilities, targets, values } = instance;
  const start = rowOffset(row, layout);
  const source = staging.byteOffset;
  const target = out === undefined ? 0 : source;
  const probabilities = q === undefined ? 0 : stagedProbabilities.byteOffset;
  loadRows(call, row, 1);
  const targetIndex = Math.max(0, targets[0]);
  let targetLogit = x[start + targetIndex];
  let hasSmallSlopes = false;
  let max = Number.NEGATIVE_INFINITY;
  let maxPiece = 0;
  let sumExpExcludingMax = 0;
  for (let first = 0; first < layout.size; first += stagingLength) {
    const end = Math.min(layout.size, first + stagingLength);
    staging.set(x.subarray(start + first, start + end));
    if (capping?.cap(end - first)) hasSmallSlopes = true;
    if (targetIndex >= first && targetIndex < end) targetLogit = staging[targetIndex - first];
    const pieceMax = kernels.rowMax(source, end - first);
    if (pieceMax > max) {
      max = pieceMax;
      maxPiece = first;
    }
  }
  const forEachPiece = (
    from: Float32Array,
    compute: (size: number, first: number, containsMax: boolean) => void,
  ) => {
    for (let first = 0; first < layout.size; first += stagingLength) {
      const end = Math.min(layout.size, first + stagingLength);
      staging.set(from.subarray(start + first, start + end));
      if (q !== undefined) stagedProbabilities.set(q.subarray(start + first, start + end));
      loadWeights(call, first, end);
      compute(end - first, first, first === maxPiece);
      out?.set(staging.subarray(0, end - first), start + first);
    }
  };
  // Before the terms are written over the logits, as `out` may be the same array.
  const exactSlopes = hasSmallSlopes && out ? slopesOf(call, start) : undefined;
  const slopes = out && capping?.slopesOfRow(layout.size);
  kernels.clearCoefficients();
  forEachPiece(x, (size, first, containsMax) => {
    capping?.cap(size);
    if (capping) slopes?.set(capping.slopes.subarray(0, size), first);
    kernels.addCoefficients(source, probabilities, size, max);
    // Finds the maximum's position in this piece again.
    if (containsMax) kernels.rowMax(source, size);
    sumExpExcludingMax += kernels.sumExpMinusMax(source, target, size, max, containsMax);
  });
  const state = kernels.finalizeSoftRow(0, max, sumExpExcludingMax, targetLogit);
  if (out !== undefined) {
    forEachPiece(out, (size, first, containsMax) => {
      kernels.storeSoftGradient(source, probabilities, size, first, containsMax, 0, state);
      const end = first + size;
      if (exactSlopes) scaleRow(staging.subarray(0, size), exactSlopes.subarray(first, end));
      else if (capping && slopes) {
        capping.slopes.set(slopes.subarray(first, end));
        capping.scaleBySlopes(size);
      }
    });
  }
  rowData.store(row, 1, values);
}

/** Returns the slopes of a row's softcap in float64. */
function slopesOf({ x, layout, soft }: SoftCall, start: number): Float64Array {
  const slopes = new Float64Array(layout.size);
  const logits = Float64Array.from(x.subarray(start, start + layout.size));
  softcapRow(logits, soft.softcap, soft.skipMasked, slopes);
  return slopes;
}
