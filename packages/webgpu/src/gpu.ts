import type { Context } from "./context.ts";
import { checkDevice } from "./context.ts";
import { crossEntropyOf } from "./functions/crossEntropy.ts";
import { type GpuSoftmaxOptions, softmaxOf } from "./functions/softmax.ts";
import type { GpuBuffer, GpuDevice } from "./platformTypes.ts";
import {
  emptyTensor,
  type GpuData,
  type GpuTensor,
  readShape,
  type TensorOptions,
  wrap,
} from "./tensor.ts";

/** The functions of this package on one device. */
export interface Gpu {
  readonly device: GpuDevice;
  tensor(data: unknown, shape?: readonly number[], options?: TensorOptions): GpuTensor;
  empty(shape: readonly number[]): GpuTensor;
  softmax(input: GpuTensor, options?: GpuSoftmaxOptions): GpuTensor<GpuData>;
  logSoftmax(input: GpuTensor, options?: GpuSoftmaxOptions): GpuTensor<GpuData>;
  crossEntropy: any;
}
export function createGpu(context: Context): Gpu {
  return {
    device: context.device as GpuDevice,
    tensor: (data, shape, options) => wrap(context, data, shape, options),
    empty(shape) {
      checkDevice("empty", context);
      return emptyTensor("empty", context, readShape("empty", shape));
    },
    softmax: (input, options) =>
      softmaxOf("softmax", context, input, options) as GpuTensor<GpuData>,
    crossEntropy: Object.assign(
      (x: unknown, t: unknown, o: unknown) => crossEntropyOf(context, x, t, o, false).value,
      {
        valueAndGrad: (x: unknown, t: unknown, o: unknown) =>
          crossEntropyOf(context, x, t, o, true),
      },
    ),
    logSoftmax: (input, options) =>
      softmaxOf("logSoftmax", context, input, options) as GpuTensor<GpuData>,
  };
}
