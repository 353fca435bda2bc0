import { copyIn, copyOut, forEachBlock } from "../blocks.ts";
import { stagedChunkLength } from "../limits.ts";
import type { ForwardRun } from "./forwardBlock.ts";
import { loadRowData, storeRowData } from "./kernelCall.ts";

/**
 * Computes a row that is longer than the staging buffer: its pieces pass through the buffer once
 * for the maximum, once for the sum of exponentials, and once for the output.
 */
export function longRow({ instance, kernels, call, capping }: ForwardRun, row: number): void {
  const { x, out, layout, rowData, gradientFallback, empty } = call;
  const { staging, targets, gradScale } = instance;
  // As columns of one slab, the row's elements can be cut.
  const pieces = { outer: 1, size: 1, inner: layout.size };
  const start = row * layout.size;
  const source = staging.byteOffset;
  const target = out === undefined ? 0 : source;
  const forEachPiece = (
    from: Float32Array,
    to: Float32Array | undefined,
    compute: (size: number, first: number) => void,
  ) => {
    forEachBlock(pieces, row, row + 1, stagedChunkLength, (piece) => {
      copyIn(from, staging, pieces, piece);
      compute(piece.columns, piece.firstRow - start);
      if (to !== undefined) copyOut(to, staging, pieces, piece);
    });
  };

  loadRowData(instance, kernels, call, row, 1);
  const target0 = Math.max(0, targets[0]);
  let targetLogit = x[start + target0];
  let hasSmallSlopes = false;
  const slopes = out && capping?.slopesOfRow(layout.size);
  let max = Number.NEGATIVE_INFINITY;
  let maxPieceStart = 0;
  let sumExpExcludingMax = 0;
  // A row without a target has neither value nor gradient, and one whose target is out of bounds has NaN.
  if (rowData === undefined || (targets[0] >= 0 && targets[0] < layout.size)) {
    forEachPiece(x, undefined, (size, first) => {
      if (capping?.cap(size)) hasSmallSlopes = true;
      if (capping && target0 >= first && target0 < first + size)
        targetLogit = staging[target0 - first];
      const pieceMax = kernels.rowMax(source, size);
      if (pieceMax > max) {
        max = pieceMax;
        maxPieceStart = first;
      }
    });
    if (hasSmallSlopes) gradientFallback?.compute(row, 1, targets, gradScale, true);
    forEachPiece(x, out, (size, first) => {
      capping?.cap(size);
      if (capping) slopes?.set(capping.slopes.subarray(0, size), first);
      const excludesMax = first === maxPieceStart;
      // Finds the maximum's position in this piece again.
      if (excludesMax) kernels.rowMax(source, size);
      sumExpExcludingMax += kernels.sumExpMinusMax(source, target, size, max, excludesMax);
    });
  }
  const storeResult = (size: number, first: number) => {
    const hasMax = first === maxPieceStart;
    const sum = sumExpExcludingMax;
    kernels.storeRowResult(source, target, size, first, hasMax, 0, max, sum, targetLogit, empty);
    if (capping === undefined || slopes === undefined) return;
    capping.slopes.set(slopes.subarray(first, first + size));
    capping.scaleBySlopes(size);
  };
  if (out === undefined) storeResult(0, 0);
  else forEachPiece(out, out, storeResult);
  storeRowData(instance, call, row, 1);
}
