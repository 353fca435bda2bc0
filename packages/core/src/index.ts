/**
 * softmax, logSoftmax, logSumExp and their gradients, and the elementwise functions beside them.
 *
 * @module
 */
export { allocate, release } from "./allocate.ts";
export type { ElementOptions } from "./elementwise.ts";
export { type KernelName, type KernelReport, kernels, useKernels } from "./kernels/select.ts";
export { logAddExp } from "./logAddExp.ts";
export { logSigmoid } from "./logSigmoid.ts";
export { logSoftmax } from "./logSoftmax.ts";
export { logSoftmaxBackward } from "./logSoftmaxBackward.ts";
export { type LogSumExpOptions, logSumExp } from "./logSumExp.ts";
export type { AxisOptions } from "./rowwise.ts";
export { sigmoid } from "./sigmoid.ts";
export { type SoftmaxOptions, softmax } from "./softmax.ts";
export { softmaxBackward } from "./softmaxBackward.ts";
export { softplus } from "./softplus.ts";
export { tensor } from "./tensor.ts";
export type {
  Float16,
  FloatArray,
  FloatInput,
  IntegerInput,
  NestedIntegers,
  NestedNumbers,
  NumericArray,
  Output,
  Reduced,
  Tensor,
  TensorLike,
} from "./types.ts";
