/** What a benchmark needs in Node and in a browser: this entry imports nothing of Node's. */
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
  softmaxLogNllLoop,
  softmaxLoop,
} from "./plainLoops.ts";
export type { Quartiles } from "./quartiles.ts";
