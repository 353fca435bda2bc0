/**
 * The tools for authors of losses: functions that read and write containers and check options, and kernels
 * for rows and elements.
 *
 * @module
 */

export { numberError } from "./arguments/errors.ts";
export { formatShape, formatValue } from "./arguments/format.ts";
export type { OtherName } from "./arguments/optionAdvice.ts";
export {
  boolean,
  integer,
  isPlainObject,
  numeric,
  type OptionSchema,
  type OptionSchemas,
  optionsParser,
  picklist,
  unknown,
} from "./arguments/options.ts";
export { lossOptionNames, maskNames } from "./arguments/otherNames.ts";
export type { OutputBuffer } from "./arrays/destination.ts";
export { containerFields } from "./arrays/fields.ts";
export { type FloatSource, readFloatSource } from "./arrays/floatSource.ts";
export { holdsIntegers, isIntegerArray } from "./arrays/integers.ts";
export {
  forEachOffset,
  formatIndex,
  type Layout,
  layoutOf,
  resolveAxis,
  rowMajorStrides,
  rowOffset,
  sameShape,
  sizeOf,
  withoutAxis,
} from "./arrays/layout.ts";
export {
  checkUnchanged,
  type OutputSpec,
  openOutput,
} from "./arrays/output.ts";
export {
  type ContainerKind,
  type ElementType,
  type FloatView,
  type NumberView,
  readFloats,
  readFloatsOrIntegers,
  readNumbers,
} from "./arrays/readArray.ts";
export { shareMemory } from "./arrays/sharedMemory.ts";
export {
  type Accumulator,
  type AccumulatorState,
  type SumAccumulatorDefinition,
  sumAccumulator,
} from "./functions/accumulator.ts";
export {
  adoptKernelMemory,
  allocateForKernels,
  createKernelMemory,
  kernelMemoryOf,
} from "./functions/allocate/allocate.ts";
export {
  type ClassIndices,
  copyClassIndices,
  type IgnoredRows,
  releaseClassIndices,
} from "./functions/classIndices.ts";
export {
  checkProbabilities,
  checkProbabilitiesCall,
  isOneHot,
  type ProbabilitiesContext,
} from "./functions/classProbabilities.ts";
export {
  type NestedWeights,
  readSampleWeight,
  readWeights,
  releaseSampleWeight,
  type SampleWeight,
} from "./functions/sampleWeight.ts";
export {
  type Input,
  openResult,
  readSmall,
  releaseInput,
  smallBuffers,
} from "./functions/smallArrays.ts";
export { copyNumbers, registerBackend, registeredBackend } from "./kernels/backend.ts";
export { type BitwiseOr, bitwiseOrKernel } from "./kernels/bits.ts";
export {
  absoluteDifferenceBlock,
  asymmetricBlock,
  binaryCrossEntropyBlock,
  gaussianBlock,
  hingeBlock,
  huberBlock,
  klDivergenceBlock,
  logCoshBlock,
  marginRankingBlock,
  poissonBlock,
  probabilityCrossEntropyBlock,
  sigmoidFocalBlock,
  smoothL1Block,
  softMarginBlock,
  squaredDifferenceBlock,
  weightedBinaryCrossEntropyBlock,
} from "./kernels/blockLosses.ts";
export { type BufferPool, bufferPool } from "./kernels/bufferPool.ts";
export type {
  ClassFunction,
  ClassFunctionForm,
  ComposedSoftCrossEntropyKernel,
} from "./kernels/classFunctions.ts";
export {
  composedCrossEntropyKernel,
  composedSoftCrossEntropyKernel,
  crossEntropyKernel,
  logSoftmaxBackwardKernel,
  logSoftmaxKernel,
  logSumExpKernel,
  softCrossEntropyKernel,
  softcapCrossEntropyKernel,
  softmaxBackwardKernel,
  softmaxKernel,
} from "./kernels/dispatch.ts";
export {
  jensenShannonKernel,
  kullbackLeiblerKernel,
  type LogitPairs,
  type ScaledGradient,
} from "./kernels/divergences.ts";
export { type BlockPool, blockPool, float64Blocks } from "./kernels/elementBlocks.ts";
export type {
  BinaryKernel,
  ElementKernelName,
  ElementKernels,
  PairLossKernel,
  UnaryKernel,
} from "./kernels/elementInterface.ts";
export {
  binaryCrossEntropyKernel,
  blockSum,
  expKernel,
  expm1Kernel,
  log1pKernel,
  logAddExpKernel,
  logKernel,
  logSigmoidKernel,
  scaleKernel,
  sigmoidKernel,
  softplusKernel,
  softplusSigmoidKernel,
  squaredDifferenceKernel,
  sumOfBlock,
  tanhKernel,
  weighKernel,
  weightsKernel,
} from "./kernels/elements.ts";
export { expOfNegativeKernel } from "./kernels/exponentials64.ts";
export { gemmKernel } from "./kernels/gemm.ts";
export type { Kernels, PartialKernels } from "./kernels/interface.ts";
export {
  type CompensatedSum,
  compensatedSum,
  sumOf,
} from "./kernels/js/compensatedSum.ts";
export { type ExactSum, type ExactSummation, exactSummation } from "./kernels/js/exactSum.ts";
export { expBelowZero } from "./kernels/js/exp.ts";
export {
  argmax,
  crossEntropyGradientOfRow,
  crossEntropyOfRow,
  exponentials,
  expTimes,
  loadRow,
  minExactTerm,
  softcapRow,
  storeRow,
} from "./kernels/js/rows.ts";
export { sparsemaxOfRow } from "./kernels/js/sparsemax.ts";
export { isPlainWeight, isWeight, type Weights, weightsOf } from "./kernels/js/weights.ts";
export {
  elementBlockLength,
  maxBlockRows,
  minBulkCopyLength,
  minWasmLength,
  stagingLength,
} from "./kernels/limits.ts";
export {
  type Matrix,
  rowsOfPartialSum,
  strideOf,
  type TransposedFactor,
} from "./kernels/matrices.ts";
export { roundUp } from "./kernels/multiples.ts";
export {
  maxOverlapClasses,
  type OverlapTile,
  type OverlapWorkspace,
  overlapWorkspace,
} from "./kernels/overlap.ts";
export type {
  BlockInput,
  BlockLossArrays,
  BlockLossCall,
  ClassFormulaCall,
  ComposedCrossEntropyCall,
  InputPlace,
  NamedLoss,
  RegisteredBackend,
  SharedPlace,
  StridedAxis,
} from "./kernels/registeredBackend.ts";
export {
  forEachRowBlock,
  hasGradScaleAbove,
  type RowBuffers,
  type RowData,
} from "./kernels/rowData.ts";
export type {
  SoftCrossEntropyKernel,
  Softcap,
  SoftcapCrossEntropyKernel,
  SoftTargets,
} from "./kernels/softInterface.ts";
export { sparsemaxBackwardKernel, sparsemaxKernel } from "./kernels/sparsemax.ts";
export type { BlockOutputs } from "./kernels/wasm/blockLosses.ts";
export { blockStaging, isKernelMemory } from "./kernels/wasm/blockMemory.ts";
export { compiledGemmKernel } from "./kernels/wasm/gemm.ts";

export type { KernelArray } from "./types.ts";
