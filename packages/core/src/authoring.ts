/**
 * For authors of losses: how containers are read and written, how options are checked, and the
 * operations on rows that losses are built of.
 *
 * @module
 */
export { describe, showShape } from "./arguments/format.ts";
export {
  crossEntropyKernel,
  logSoftmaxBackwardKernel,
  logSoftmaxKernel,
  logSumExpKernel,
  softmaxBackwardKernel,
  softmaxKernel,
} from "./kernels/dispatch.ts";
export type { Kernels } from "./kernels/interface.ts";
export { type Block, inBlocks, type PerRow } from "./kernels/rowData.ts";
export { workspace } from "./kernels/bufferPool.ts";
export { type RunningSum, runningSum, sumOf } from "./kernels/js/compensatedSum.ts";
export {
  crossEntropyOf,
  exponentials,
  indexOfMax,
  loadRow,
  storeRow,
} from "./kernels/js/rows.ts";
export {
  type Layout,
  layoutOf,
  resolveAxis,
  rowMajorStrides,
  sameShape,
  sizeOf,
  startOf,
  walk,
  withoutAxis,
} from "./arrays/layout.ts";
export {
  choice,
  deferred,
  flag,
  integer,
  numeric,
  optionsReader,
  type Reader,
  type Readers,
} from "./arguments/options.ts";
export {
  type ElementType,
  type Form,
  type Numbers,
  readFloats,
  readNumbers,
  type View,
} from "./arrays/readArray.ts";
export { type Destination, type Like, openOutput } from "./arrays/output.ts";
export type { KernelArray } from "./types.ts";
