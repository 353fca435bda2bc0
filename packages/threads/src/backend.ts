import type { KernelArray, PartialKernels, RegisteredBackend } from "@surprisal/core/authoring";
import type { Call, Caller } from "./call.ts";
import { allocateShared } from "./copy.ts";
import { operation } from "./operations.ts";

/** Smaller calls stay with the caller: to wake a thread takes longer than it saves. */
export const minThreadedLength = 1 << 18;

/** Returns the backend that computes large float32 calls on all threads and leaves the rest to the kernels. */
export function threadedBackend(caller: Caller): RegisteredBackend {
  const run = (
    name: keyof typeof operation,
    arrays: readonly KernelArray[],
    out: KernelArray | undefined,
    layout: Call["layout"],
    { temperature = 1, empty = 0, rowData = undefined }: Partial<Call> = {},
  ): boolean => {
    if (arrays[0].length < minThreadedLength) return false;
    const inputs = arrays.filter(isFloat32);
    if (inputs.length < arrays.length || (out && !isFloat32(out))) return false;
    const rest = { layout, temperature, empty, rowData };
    return caller.run({ operation: operation[name], inputs, output: out, ...rest });
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
    allocate: (length) => (length < minThreadedLength ? undefined : allocateShared(length)),
  };
}

function isFloat32(array: KernelArray): array is Float32Array {
  return array instanceof Float32Array;
}
