/**
 * For authors of losses: how containers are read and written, how options are checked, and the
 * operations on rows that losses are built of.
 *
 * @module
 */
export { describe, showShape } from "./describe.ts";
export {
  crossEntropyKernel,
  logSoftmaxBackwardKernel,
  logSoftmaxKernel,
  logSumExpKernel,
  softmaxBackwardKernel,
  softmaxKernel,
} from "./kernels/dispatch.ts";
export type { Kernels } from "./kernels/kernels.ts";
export { type Block, inBlocks, type PerRow } from "./kernels/perRow.ts";
export {
  crossEntropyOf,
  exponentials,
  indexOfMax,
  loadRow,
  type RunningSum,
  runningSum,
  storeRow,
  sumOf,
  workspace,
} from "./kernels/row.ts";
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
} from "./layout.ts";
export {
  choice,
  deferred,
  flag,
  integer,
  numeric,
  optionsReader,
  type Reader,
  type Readers,
} from "./options.ts";
export {
  type ElementType,
  type Form,
  type KernelArray,
  type Numbers,
  readFloats,
  readNumbers,
  type View,
} from "./read.ts";
export { type Destination, type Like, openOutput } from "./write.ts";
