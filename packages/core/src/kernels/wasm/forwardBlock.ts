// A block of rows in a forward call: where its numbers are, and how they get there.
import { type RowBlock, stagedRowStride } from "../blocks.ts";
import type { BlockPlan } from "./blockPlan.ts";
import type { Instance } from "./instance.ts";
import { addressOf, type Exports, type KernelCall, loadRowData } from "./kernelCall.ts";
import type { StagedSoftcap } from "./softcap.ts";

/** A forward call, and what computes it. */
export interface ForwardRun {
  readonly call: KernelCall;
  readonly instance: Instance;
  readonly kernels: Exports;
  readonly capping: StagedSoftcap | undefined;
  /** Whether the kernels compute in the memory of the arrays, not in the staging buffer. */
  readonly inPlace: boolean;
}

/** Computes the slabs from `firstSlab` to `endSlab`. */
export type RunSlabs = (run: ForwardRun, firstSlab: number, endSlab: number) => void;

/** Where the numbers of a block are. */
export interface BlockPlace {
  /** The address of the first logit. */
  readonly source: number;
  /** The address of the first output; 0 if there is none. */
  readonly target: number;
  /** The number of rows. */
  readonly count: number;
  /** The distance between the elements of a row that is a column, in floats. */
  readonly stride: number;
  /** The number of floats that the block takes up. */
  readonly length: number;
}

/** Loads the logits of a block and caps them, and loads the targets and upstream gradients of its rows. */
export function loadBlock(
  { call, instance, kernels, capping, inPlace }: ForwardRun,
  { columnwise, load }: BlockPlan,
  block: RowBlock,
): BlockPlace {
  const { x, out, layout, rowData } = call;
  const { slabs, columns, firstRow, offset } = block;
  const { staging, targets } = instance;
  const count = slabs * columns;
  const stride = inPlace ? layout.inner : stagedRowStride(layout, block);
  const length = layout.size * (columnwise ? slabs * stride : count);
  if (!inPlace) load(x, staging, layout, block);
  const hasSmallSlopes = capping?.cap(length);
  if (rowData !== undefined) {
    loadRowData(instance, kernels, call, firstRow, count, hasSmallSlopes);
    // The last four may hold rows past the end, which have no target.
    targets.fill(-1, count, count + 4);
  }
  const source = addressOf(instance, x, offset, inPlace);
  return { source, target: addressOf(instance, out, offset, inPlace), count, stride, length };
}
