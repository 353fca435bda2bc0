import { type Context, checkDevice } from "./context.ts";
import { backwardOf } from "./functions/backward.ts";
import { crossEntropyOf } from "./functions/crossEntropy.ts";
import { type ElementLossName, elementFormulas } from "./functions/elementFormulas.ts";
import { elementLossOf } from "./functions/elementLoss.ts";
import { linearCrossEntropyOf } from "./functions/linearCrossEntropy.ts";
import { logSumExpOf } from "./functions/logSumExp.ts";
import { nllLossOf } from "./functions/nllLoss.ts";
import { softmaxOf } from "./functions/softmax.ts";
import { tokenEntropyOf, tokenLogProbsOf } from "./functions/tokens.ts";
import { topLogProbsOf } from "./functions/topLogProbs.ts";
import type { Gpu } from "./gpuTypes.ts";
import type { GpuDevice } from "./platformTypes.ts";
import { emptyTensor, readShape, type TensorRecord } from "./tensor.ts";
import { wrap } from "./wrap.ts";

type Evaluate = (
  input: unknown,
  target: unknown,
  options: unknown,
  withGradient: boolean,
) => { value: TensorRecord; grad: TensorRecord | undefined };

/** Makes the functions of a device. */
export function createGpu(context: Context): Gpu {
  const elements = Object.keys(elementFormulas).map((key) => {
    const name = key as ElementLossName;
    return [
      name,
      lossOf((input, target, options, withGradient) =>
        elementLossOf(name, context, [input, target], options, withGradient),
      ),
    ];
  });
  const gpu = {
    device: context.device as GpuDevice,
    tensor: (data: unknown, shape?: unknown, options?: object) =>
      wrap(context, data, shape, options),
    empty(shape: unknown) {
      checkDevice("empty", context);
      return emptyTensor("empty", context, readShape("empty", shape));
    },
    softmax: (x: unknown, options?: unknown) => softmaxOf("softmax", context, x, options),
    logSoftmax: (x: unknown, options?: unknown) => softmaxOf("logSoftmax", context, x, options),
    logSumExp: (x: unknown, options?: unknown) => logSumExpOf(context, x, options),
    softmaxBackward: (gradient: unknown, output: unknown, options?: unknown) =>
      backwardOf("softmaxBackward", context, gradient, output, options),
    logSoftmaxBackward: (gradient: unknown, output: unknown, options?: unknown) =>
      backwardOf("logSoftmaxBackward", context, gradient, output, options),
    tokenEntropy: (logits: unknown, options?: unknown) => tokenEntropyOf(context, logits, options),
    tokenLogProbs: (logits: unknown, ids: unknown, options?: unknown) =>
      tokenLogProbsOf(context, logits, ids, options),
    topLogProbs: (logits: unknown, k: unknown, options?: unknown) =>
      topLogProbsOf(context, logits, k, options),
    crossEntropy: lossOf((...call) => crossEntropyOf(context, ...call)),
    nllLoss: lossOf((...call) => nllLossOf(context, ...call)),
    linearCrossEntropy: Object.assign(
      (input: unknown, weight: unknown, target: unknown, options?: unknown) =>
        linearCrossEntropyOf(context, input, weight, target, options, false).value,
      {
        valueAndGrad: (input: unknown, weight: unknown, target: unknown, options?: unknown) =>
          linearCrossEntropyOf(context, input, weight, target, options, true),
      },
    ),
    ...Object.fromEntries(elements),
  };
  return gpu as unknown as Gpu;
}

/** Makes a loss with its method `valueAndGrad`. */
function lossOf(evaluate: Evaluate) {
  const loss = (input: unknown, target: unknown, options?: unknown) =>
    evaluate(input, target, options, false).value;
  const valueAndGrad = (input: unknown, target: unknown, options?: unknown) =>
    evaluate(input, target, options, true);
  return Object.assign(loss, { valueAndGrad });
}
