/** Timing and plain loops for benchmarks in Node and in browsers: this entry does not import Node. */
export { type Batch, randomBatch, rowOffset } from "./batch.ts";
export {
  type CallTimes,
  measure,
  type SamplingPlan,
  type Timeable,
  timeCalls,
} from "./measure.ts";
export {
  crossEntropyGradientLoop,
  crossEntropyLoop,
  diagonalLoop,
  gatherLoop,
  logSoftmaxLoop,
  meanLoop,
  smoothedCrossEntropyLoop,
  softmaxLogNllLoop,
  softmaxLoop,
} from "./plainLoops.ts";
export type { Quartiles } from "./quartiles.ts";
