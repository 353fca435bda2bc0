/**
 * softmax, logSoftmax, logSumExp and their gradients, and elementwise functions such as sigmoid.
 *
 * @module
 */
export { allocate, release } from "./functions/allocate/allocate.ts";
export { logAddExp } from "./functions/logAddExp/logAddExp.ts";
export { logSigmoid } from "./functions/logSigmoid/logSigmoid.ts";
export { logSoftmax } from "./functions/logSoftmax/logSoftmax.ts";
export { logSoftmaxBackward } from "./functions/logSoftmaxBackward/logSoftmaxBackward.ts";
export { type LogSumExpOptions, logSumExp } from "./functions/logSumExp/logSumExp.ts";
export type { AxisOptions, ElementOptions, SoftmaxOptions } from "./functions/options.ts";
export { sigmoid } from "./functions/sigmoid/sigmoid.ts";
export { softmax } from "./functions/softmax/softmax.ts";
export { softmaxBackward } from "./functions/softmaxBackward/softmaxBackward.ts";
export { softplus } from "./functions/softplus/softplus.ts";
export { sparsemax } from "./functions/sparsemax/sparsemax.ts";
export { sparsemaxBackward } from "./functions/sparsemaxBackward/sparsemaxBackward.ts";
export { tensor } from "./functions/tensor/tensor.ts";
export { type KernelName, type KernelReport, kernels, useKernels } from "./kernels/backend.ts";
export type {
  Float16,
  FloatArray,
  FloatInput,
  IntegerArray,
  IntegerInput,
  NestedIntegers,
  NestedNumbers,
  NumberInput,
  NumericArray,
  Output,
  Reduced,
  Tensor,
  TensorLike,
  TypedOut,
  WrittenTo,
} from "./types.ts";
