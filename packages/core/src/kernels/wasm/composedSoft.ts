// Functions of the cross-entropy of every class, for soft targets in float32, on the compiled kernels.
import { type Layout, rowOffset } from "../../arrays/layout.ts";
import {
  complementsAddress,
  crossEntropiesAddress,
  expsAddress,
  slopesAddress,
} from "../../generated/memoryMap.ts";
import { activeInstructionSet, tryLink } from "../backend.ts";
import {
  copyIn,
  copyOut,
  forEachBlock,
  packRows,
  type RowBlock,
  stagedRowStride,
  unpackRows,
} from "../blocks.ts";
import type { ComposedSoftCrossEntropyKernel } from "../classFunctions.ts";
import {
  elementBlockLength,
  maxBlockRows,
  maxColumnLength,
  minColumns,
  shortRowLength,
  stagedChunkLength,
  stagingLength,
} from "../limits.ts";
import type { SoftTargets } from "../softInterface.ts";
import {
  type ComposedSoftCall,
  kernelForm,
  linkComposedSoft,
  type StagedRows,
  stridesOf,
} from "./composedSoftCall.ts";
import { setCoefficients, spreadCoefficients } from "./composedSoftCoefficients.ts";
import { isFloat32 } from "./kernels.ts";
import { spreadsCoefficients } from "./softCall.ts";

/** Computes a call in float32; see `ComposedSoftCrossEntropyKernel`. Returns whether it did. */
export const composedSoftCrossEntropy: ComposedSoftCrossEntropyKernel = (
  x,
  layout,
  soft,
  rowData,
  out,
  loss,
) => {
  const instructionSet = activeInstructionSet();
  if (!instructionSet || !isFloat32(x) || (out !== undefined && !isFloat32(out))) return false;
  if (layout.size > stagingLength || !areSupported(soft)) return false;
  const linked = tryLink(instructionSet, () => linkComposedSoft(instructionSet));
  if (linked === undefined) return false;
  const q = soft.probabilities as Float32Array | undefined;
  computeBlocks({ ...linked, x, q, out, layout, soft, rowData, loss });
  return true;
};

/** With a larger weight, a probability that underflows to 0 may matter. */
const maxWeight = 2 ** 500;

/** Returns whether kernels compute with these options. */
function areSupported({ probabilities, softcap, zLoss, weight }: SoftTargets): boolean {
  if (softcap !== Number.POSITIVE_INFINITY || zLoss !== 0) return false;
  // `some` takes five times as long.
  for (let j = 0; weight !== undefined && j < weight.length; j++) {
    if (Math.abs(weight[j]) > maxWeight) return false;
  }
  // Float32 holds probabilities of all other typed arrays exactly: integers are 0 or 1.
  const isExact = ArrayBuffer.isView(probabilities) && !(probabilities instanceof Float64Array);
  return probabilities === undefined || isExact;
}

/** Returns whether rows are columns of a matrix that are copied line by line. */
function isColumnwise({ size, inner }: Layout): boolean {
  return inner >= minColumns && size <= maxColumnLength;
}

/** Returns the most rows of a block. */
function rowsPerBlock({ loss, layout }: ComposedSoftCall): number {
  const { size, inner } = layout;
  // The arrays of doubles hold one group if the form of the loss is known, else a block.
  const isSmall = loss.form === undefined && !isColumnwise(layout);
  const most = Math.floor((isSmall ? elementBlockLength : stagedChunkLength) / size);
  const rows = Math.max(1, Math.min(maxBlockRows, most));
  if (isColumnwise(layout)) {
    // A block has columns of one slab only.
    return Math.min(inner, rows & ~3);
  }
  return size < shortRowLength ? rows & ~3 : rows;
}

/** Returns where the rows of a block are staged. */
function stagedRows(layout: Layout, block: RowBlock): StagedRows {
  const { size } = layout;
  if (isColumnwise(layout)) {
    const classStride = stagedRowStride(layout, block);
    return { isRow: false, size, vectors: size, rowStride: 1, classStride };
  }
  if (size < shortRowLength) {
    return { isRow: false, size, vectors: size, rowStride: size, classStride: 1 };
  }
  const vectors = (size + 3) >> 2;
  return { isRow: true, size, vectors, rowStride: 4 * vectors, classStride: 1 };
}

/** Computes all rows. */
function computeBlocks(call: ComposedSoftCall): void {
  const { instance, x, q, out, layout, soft, rowData } = call;
  const { targets, gradScale, values, staging, stagedProbabilities } = instance;
  const isSpread = spreadsCoefficients(soft);
  if (!isSpread) setCoefficients(call);
  forEachBlock(layout, 0, layout.outer, rowsPerBlock(call), (block) => {
    const count = block.slabs * block.columns;
    const staged = stagedRows(layout, block);
    load(x, staging, layout, block, staged, Number.NEGATIVE_INFINITY);
    if (q !== undefined) load(q, stagedProbabilities, layout, block, staged, 0);
    rowData.load(block.firstRow, count, targets, gradScale);
    if (isSpread) spreadCoefficients(call, staged, count);
    computeGroups(call, staged, count, isSpread);
    if (out !== undefined) store(out, staging, layout, block, staged);
    rowData.store(block.firstRow, count, values);
  });
}

/** Computes the rows of a staged block. */
function computeGroups(
  { instance, kernels, q, out, loss }: ComposedSoftCall,
  staged: StagedRows,
  rows: number,
  areStored: boolean,
): void {
  const { isRow, size, vectors } = staged;
  const groups = isRow ? rows : (rows + 3) >> 2;
  const strides = stridesOf(staged);
  const probabilities = q === undefined ? 0 : instance.stagedProbabilities.byteOffset;
  const logits = instance.staging.byteOffset;
  const gradients = out === undefined ? 0 : logits;
  if (loss.form !== undefined) {
    kernels.rowsOfForm(
      ...kernelForm(loss.form),
      logits,
      probabilities,
      gradients,
      ...strides,
      size,
      vectors,
      groups,
      isRow,
      areStored,
    );
    return;
  }
  kernels.rowTerms(logits, ...strides, vectors, groups, isRow);
  const count = 4 * vectors * groups;
  const doubles = (address: number) => new Float64Array(instance.buffer, address, count);
  loss.replaceByLosses(
    doubles(crossEntropiesAddress),
    doubles(expsAddress),
    doubles(complementsAddress),
    count,
    out && doubles(slopesAddress),
  );
  if (!areStored) {
    kernels.storeCoefficients(probabilities, ...strides, size, vectors, groups, isRow);
  }
  kernels.rowSums(gradients, ...strides, vectors, groups, isRow);
}

/** Copies a block of an array into a staging buffer. Rows that are padded get `padding` behind their last class. */
function load(
  array: Float32Array,
  staging: Float32Array,
  layout: Layout,
  block: RowBlock,
  staged: StagedRows,
  padding: number,
): void {
  const { size, inner } = layout;
  const { isRow, rowStride } = staged;
  if (!isRow || rowStride === size) {
    const copy = isColumnwise(layout) || inner === 1 ? copyIn : packRows;
    copy(array, staging, layout, block);
    return;
  }
  for (let r = 0; r < block.slabs * block.columns; r++) {
    const row = staging.subarray(r * rowStride, (r + 1) * rowStride);
    const start = rowOffset(block.firstRow + r, layout);
    if (inner === 1) row.set(array.subarray(start, start + size));
    else for (let j = 0, i = start; j < size; j++, i += inner) row[j] = array[i];
    row.fill(padding, size);
  }
}

/** Copies a block back into its array. */
function store(
  array: Float32Array,
  staging: Float32Array,
  layout: Layout,
  block: RowBlock,
  staged: StagedRows,
): void {
  const { size, inner } = layout;
  const { isRow, rowStride } = staged;
  if (!isRow || rowStride === size) {
    const copy = isColumnwise(layout) || inner === 1 ? copyOut : unpackRows;
    copy(array, staging, layout, block);
    return;
  }
  for (let r = 0; r < block.slabs * block.columns; r++) {
    const row = staging.subarray(r * rowStride, r * rowStride + size);
    const start = rowOffset(block.firstRow + r, layout);
    if (inner === 1) array.set(row, start);
    else for (let j = 0, i = start; j < size; j++, i += inner) array[i] = row[j];
  }
}
