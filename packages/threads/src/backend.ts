import type {
  KernelArray,
  Layout,
  PartialKernels,
  RegisteredBackend,
} from "@surprisal/core/authoring";
import { allocateShared, copyShared } from "./copy.ts";
import type { OperationCall } from "./operationCall.ts";
import {
  defaultParameters,
  isOperation,
  type OperationName,
  operationNumber,
} from "./operations.ts";
import type { Scheduler } from "./scheduler.ts";

/** Smaller calls stay on the calling thread, because waking a thread takes longer than it saves. */
export const minThreadedLength = 1 << 16;

/** Weights of float64 are converted for each block, which would take longer than rows of so many classes. */
const maxConvertedWeights = 1 << 12;

type Options = Partial<Omit<OperationCall, "operation" | "inputs" | "output" | "layout">>;

/** Returns the backend that computes large float32 calls on all threads and leaves the rest to the kernels. */
export function threadedBackend(scheduler: Scheduler): RegisteredBackend {
  const run = (
    name: OperationName,
    arrays: readonly (ArrayLike<number> | undefined)[],
    out: KernelArray | undefined,
    layout: Layout,
    options: Options = {},
  ): boolean => {
    if ((arrays[0]?.length ?? 0) < minThreadedLength) return false;
    const given = arrays.filter((array) => array !== undefined);
    const inputs = given.filter(isFloat32);
    if (inputs.length < given.length || (out && !isFloat32(out))) return false;
    const call = { operation: operationNumber(name), inputs, output: out, layout };
    return scheduler.run({ ...defaultParameters, rowData: undefined, ...options, ...call });
  };

  const forward =
    (name: "softmax" | "logSoftmax"): PartialKernels["softmax"] =>
    (x, out, layout, temperature, empty) =>
      run(name, [x], out, layout, { temperature, empty });

  const backward =
    (name: "softmaxBackward" | "logSoftmaxBackward"): PartialKernels["softmaxBackward"] =>
    (g, y, out, layout) =>
      run(name, [g, y], out, layout);

  return {
    softmax: forward("softmax"),
    logSoftmax: forward("logSoftmax"),
    softmaxBackward: backward("softmaxBackward"),
    logSoftmaxBackward: backward("logSoftmaxBackward"),
    logSumExp: (x, out, layout) =>
      run("logSumExp", [x], undefined, layout, {
        rowData: {
          load() {},
          store: (first, count, values) => out.set(values.subarray(0, count), first),
        },
      }),
    // Gradients with factors stay on one thread: a kernel applies the factors while a block is in its cache.
    crossEntropy: (x, layout, rowData, gradient) =>
      (gradient === undefined || rowData.gradFactors === undefined) &&
      run("crossEntropy", [x], gradient, layout, { rowData }),
    softCrossEntropy: (x, layout, { probabilities, ...soft }, rowData, gradient) => {
      if (soft.weight instanceof Float64Array && layout.size > maxConvertedWeights) return false;
      return run("softCrossEntropy", [x, probabilities], gradient, layout, { ...soft, rowData });
    },
    softcapCrossEntropy: (x, layout, rowData, gradient, { cap, keepsMasked }) => {
      const options = { rowData, softcap: cap, keepsMasked: Number(keepsMasked) };
      return run("softcapCrossEntropy", [x], gradient, layout, options);
    },
    elementwise(name, inputs, out, count) {
      if (!isOperation(name) || inputs.some(({ length }) => length !== count)) return false;
      return run(name, inputs, out, { outer: count, size: 1, inner: 1 });
    },
    copy: copyShared,
    allocate: (length) => (length < minThreadedLength ? undefined : allocateShared(length)),
  };
}

function isFloat32(array: ArrayLike<number>): array is Float32Array {
  return array instanceof Float32Array;
}
