import type { Layout } from "../../arrays/layout.ts";
import { probabilitiesAddress } from "../../generated/memoryMap.ts";
import { tryLink } from "../backend.ts";
import { forEachBlock, isColumnwise, stagedRowStride } from "../blocks.ts";
import { shortRowLength, stagingLength, termsChunkLength } from "../limits.ts";
import { planBlocks } from "./blockPlan.ts";
import {
  type Instance,
  type InstructionSet,
  instanceOwning,
  stagedCallCount,
  stagingInstance,
} from "./instance.ts";
import {
  addressOf,
  type Exports,
  type KernelCall,
  linkKernels,
  loadRowData,
  storeRowData,
} from "./kernelCall.ts";
import { longRow } from "./longRow.ts";
import type { StagedSoftcap } from "./softcap.ts";

/** Where functions of the cross-entropy keep the terms of their gradients. */
const terms = probabilitiesAddress;

/**
 * Computes in place where the kernels own the arrays' memory, else in the staging buffer. Returns whether
 * it could: a runtime may refuse the kernels when they are linked.
 */
export function runForward(instructionSet: InstructionSet, call: KernelCall): boolean {
  const { x, out, linkSoftcap } = call;
  // Logits are capped in the staging buffer, as they may not be written to.
  const owner = linkSoftcap === undefined ? instanceOwning(instructionSet, x, out) : undefined;
  const linked = tryLink(instructionSet, () => {
    const instance = owner ?? stagingInstance(instructionSet);
    const capping = linkSoftcap?.(instance);
    return { instance, kernels: linkKernels(instance, call), capping };
  });
  if (linked === undefined) return false;
  const { instance, kernels, capping } = linked;
  const { outer } = call.layout;
  const inPlace = owner === undefined ? 0 : slabsInPlace(call.layout);
  runSlabs(instance, kernels, call, 0, inPlace, true, capping);
  runSlabs(instance, kernels, call, inPlace, outer, false, capping);
  return true;
}

/**
 * Returns how many slabs can be computed in place. Kernels compute short rows in fours and must not
 * write past the last one. Rows longer than the staging buffer are added piece by piece: so they have the same bits as
 * those of an ordinary array.
 */
export function slabsInPlace(layout: Layout): number {
  const { outer, size, inner } = layout;
  if (inner === 1 && size > stagingLength) return 0;
  if (inner === 1) return size < shortRowLength ? outer - (outer % 4) : outer;
  return isColumnwise(layout) && inner % 4 === 0 ? outer : 0;
}

/** Replaces what earlier calls have left between the columns of a block and the next ones. */
function clearPadding(staging: Float32Array, columns: number, stride: number, length: number) {
  for (let end = stride; end <= length; end += stride) staging.fill(0, end - stride + columns, end);
}

/** Computes the slabs from `firstSlab` to `endSlab`. */
function runSlabs(
  instance: Instance,
  kernels: Exports,
  call: KernelCall,
  firstSlab: number,
  endSlab: number,
  inPlace: boolean,
  capping: StagedSoftcap | undefined,
): void {
  const { x, out, layout, rowData, gradientFallback, empty } = call;
  const { size, inner } = layout;
  const { staging, targets, gradScale, values } = instance;
  if (!inPlace && size > stagingLength) {
    for (let row = firstSlab; row < endSlab; row++) longRow(instance, kernels, call, row, capping);
    return;
  }
  const isComposed = out !== undefined && rowData?.gradFactors !== undefined;
  const keepsTerms = isComposed && (size < shortRowLength || isColumnwise(layout));
  const room = keepsTerms ? termsChunkLength : undefined;
  const { columnwise, isShort, load, store, maxRows } = planBlocks(layout, inPlace, room);
  const compute = isShort ? kernels.shortRows : kernels.contiguousRows;
  forEachBlock(layout, firstSlab, endSlab, maxRows, (block) => {
    const { slabs, columns, firstRow, offset } = block;
    const count = slabs * columns;
    const [source, target] = [addressOf(x, offset, inPlace), addressOf(out, offset, inPlace)];
    const rowStride = inPlace ? inner : stagedRowStride(layout, block);
    const stagedLength = columnwise ? slabs * size * rowStride : count * size;
    const computeBlock = () => {
      if (!inPlace) load(x, staging, layout, block);
      if (capping && columnwise) clearPadding(staging, columns, rowStride, stagedLength);
      const hasSmallSlopes = capping?.cap(stagedLength);
      if (rowData !== undefined) {
        loadRowData(instance, kernels, call, firstRow, count, hasSmallSlopes);
        // The last four may hold rows past the end, which have no target.
        targets.fill(-1, count, count + 4);
      }
      if (keepsTerms && columnwise) {
        kernels.stridedRowTerms?.(source, terms, slabs, size, columns, rowStride);
      } else if (keepsTerms) {
        kernels.shortRowTerms?.(source, terms, count, size);
      } else if (columnwise) {
        kernels.stridedRows(source, target, slabs, size, columns, rowStride, empty);
      } else compute(source, target, count, size, empty);
      if (out !== undefined) capping?.scaleBySlopes(stagedLength);
    };
    computeBlock();
    if (!isComposed || rowData?.gradFactors === undefined) {
      if (!inPlace && out !== undefined) store(out, staging, layout, block);
      storeRowData(instance, call, firstRow, count);
      return;
    }
    const callCount = stagedCallCount();
    rowData.store(firstRow, count, values);
    const factors = rowData.gradFactors(count);
    // Storing may have computed other losses in the same memory, which has overwritten all but gradients in `out`.
    if ((keepsTerms || !inPlace) && stagedCallCount() !== callCount) computeBlock();
    gradScale.set(factors);
    if (keepsTerms && columnwise) {
      kernels.stridedRowGradients?.(terms, target, slabs, size, columns, rowStride);
    } else if (keepsTerms) {
      kernels.shortRowGradients?.(terms, target, count, size);
    } else kernels.rescaleRows?.(target, count, size);
    if (!inPlace) store(out, staging, layout, block);
    gradientFallback?.store(firstRow, factors);
  });
}
