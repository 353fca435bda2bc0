import type { Layout } from "../../arrays/layout.ts";
import { tryLink } from "../backend.ts";
import { forEachBlock, isColumnwise } from "../blocks.ts";
import { shortRowLength, stagingLength } from "../limits.ts";
import { planBlocks } from "./blockPlan.ts";
import { loadBlock, type RunSlabs } from "./forwardBlock.ts";
import { type InstructionSet, instanceOwning, stagingInstance } from "./instance.ts";
import { type KernelCall, linkKernels, storeRowData } from "./kernelCall.ts";
import { longRow } from "./longRow.ts";

/**
 * Computes in place where the kernels own the arrays' memory, else in the staging buffer. Returns whether
 * it could: a runtime may refuse the kernels when they are linked.
 */
export function runForward(
  instructionSet: InstructionSet,
  call: KernelCall,
  runSlabs: RunSlabs = runPlain,
): boolean {
  const { x, out, linkSoftcap } = call;
  // Logits are capped in the staging buffer, as they may not be written to.
  const owner = linkSoftcap === undefined ? instanceOwning(instructionSet, x, out) : undefined;
  const linked = tryLink(instructionSet, () => {
    const instance = owner ?? stagingInstance(instructionSet);
    const capping = linkSoftcap?.(instance);
    return { instance, kernels: linkKernels(instance, call), capping };
  });
  if (linked === undefined) return false;
  const inPlaceCount = owner === undefined ? 0 : slabsInPlace(call.layout);
  runSlabs({ ...linked, call, inPlace: true }, 0, inPlaceCount);
  runSlabs({ ...linked, call, inPlace: false }, inPlaceCount, call.layout.outer);
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

/** Computes slabs whose kernels finish a block in one step. */
const runPlain: RunSlabs = (run, firstSlab, endSlab) => {
  const { instance, kernels, call, inPlace, capping } = run;
  const { layout, out, empty } = call;
  const { size } = layout;
  if (!inPlace && size > stagingLength) {
    for (let row = firstSlab; row < endSlab; row++) longRow(run, row);
    return;
  }
  const plan = planBlocks(layout, inPlace);
  const compute = plan.isShort ? kernels.shortRows : kernels.contiguousRows;
  forEachBlock(layout, firstSlab, endSlab, plan.maxRows, (block) => {
    const { source, target, count, stride, length } = loadBlock(run, plan, block);
    const { slabs, columns, firstRow } = block;
    if (plan.columnwise) {
      kernels.stridedRows(source, target, slabs, size, columns, stride, empty);
    } else compute(source, target, count, size, empty);
    if (out !== undefined) {
      capping?.scaleBySlopes(length);
      if (!inPlace) plan.store(out, instance.staging, layout, block);
    }
    storeRowData(instance, call, firstRow, count);
  });
};
