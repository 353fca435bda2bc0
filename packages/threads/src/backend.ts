import { kernels } from "@surprisal/core";
import type {
  KernelArray,
  Layout,
  PartialKernels,
  RegisteredBackend,
  RowData,
} from "@surprisal/core/authoring";
import { allocateShared, copyShared } from "./copy.ts";
import type { OperationCall } from "./operationCall.ts";
import {
  defaultParameters,
  isOperation,
  maxInputs,
  type OperationName,
  operationNumber,
} from "./operations.ts";
import type { Scheduler } from "./scheduler.ts";

/** Smaller calls stay on the calling thread, because waking a thread takes longer than it saves. */
export const minThreadedLength = 1 << 16;

/** Weights of float64 are converted for each block, which would take longer than rows of so many classes. */
const maxConvertedWeights = 1 << 12;

type Options = Omit<OperationCall, "operation" | "inputs" | "outputs" | "layout">;

const noOptions: Options = { ...defaultParameters, rowData: undefined, named: undefined };

/** Returns the backend that computes large float32 calls on all threads and leaves the rest to the kernels. */
export function threadedBackend(scheduler: Scheduler): RegisteredBackend {
  const run = (
    name: OperationName,
    arrays: readonly (ArrayLike<number> | undefined)[],
    out: KernelArray | undefined,
    layout: Layout,
    options: Partial<Options> = {},
  ): boolean => {
    if ((arrays[0]?.length ?? 0) < minThreadedLength) return false;
    const given = arrays.filter((array) => array !== undefined);
    const inputs = given.filter(isFloat32);
    if (inputs.length < given.length || (out && !isFloat32(out))) return false;
    const call = { operation: operationNumber(name), inputs, outputs: [out], layout };
    return scheduler.run({ ...noOptions, ...options, ...call });
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
      run("logSumExp", [x], undefined, layout, { rowData: rowSink(out) }),
    // Gradients with factors stay on one thread: a kernel applies the factors while a block is in its cache. The losses
    // that workers know come in `composedCrossEntropy`.
    crossEntropy: (x, layout, rowData, gradient) =>
      (gradient === undefined || rowData.gradFactors === undefined) &&
      run("crossEntropy", [x], gradient, layout, { rowData }),
    softCrossEntropy: (x, layout, { probabilities, skipMasked, ...soft }, rowData, gradient) => {
      if (soft.weight instanceof Float64Array && layout.size > maxConvertedWeights) return false;
      const options = { ...soft, keepsMasked: Number(skipMasked), rowData };
      return run("softCrossEntropy", [x, probabilities], gradient, layout, options);
    },
    softcapCrossEntropy: (x, layout, rowData, gradient, { cap, keepsMasked }) => {
      const options = { rowData, softcap: cap, keepsMasked: Number(keepsMasked) };
      return run("softcapCrossEntropy", [x], gradient, layout, options);
    },
    elementwise(name, inputs, out, count) {
      if (!isOperation(name) || inputs.some(({ length }) => length !== count)) return false;
      return run(name, inputs, out, { outer: count, size: 1, inner: 1 });
    },
    blockLoss(call) {
      const { blockLength } = call;
      const blocks = Math.floor(call.length / blockLength);
      const length = blocks * blockLength;
      // Vectors without elements make blocks without numbers: then the length is NaN.
      if (!(length >= minThreadedLength) || kernels().active === "js") return undefined;
      const part = (array: ArrayLike<number>) =>
        isFloat32(array) && array.length === call.length ? array.subarray(0, length) : undefined;
      const inputs = call.inputs.map(part);
      const results = [call.losses, ...call.gradients];
      const outputs = results.map((result) => result && part(result));
      const areOutputs = outputs.every((output, i) => output || results[i] === undefined);
      if (inputs.length > maxInputs || !inputs.every(isGiven) || !areOutputs) return undefined;
      const text = scheduler.textOf(call.loss);
      if (text === undefined) return undefined;
      const lossesPerBlock = blockLength / (call.loss.size ?? 1);
      const sums = new Float64Array(blocks);
      const isComputed = scheduler.run({
        ...noOptions,
        operation: operationNumber("blockLoss"),
        inputs,
        outputs,
        layout: { outer: blocks, size: blockLength, inner: 1 },
        weight: call.sampleWeight?.subarray(0, blocks * lossesPerBlock),
        rowData: rowSink(sums),
        named: { name: call.loss.name, text, blockLoss: call },
      });
      return isComputed ? sums : undefined;
    },
    composedCrossEntropy({ loss, total, x, layout, rows, gradient, kernel }) {
      const text = x.length < minThreadedLength ? undefined : scheduler.textOf(loss);
      if (text === undefined) return false;
      const named = { name: loss.name, text, total, rowKernel: kernel };
      return run("composedCrossEntropy", [x], gradient, layout, { rowData: rows, named });
    },
    copy: copyShared,
    allocate: (length) => (length < minThreadedLength ? undefined : allocateShared(length)),
  };
}

/** Returns what stores the values of rows that bring no numbers. */
function rowSink(out: KernelArray): RowData {
  return {
    load() {},
    store: (first, count, values) => out.set(values.subarray(0, count), first),
  };
}

function isGiven<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}

function isFloat32(array: ArrayLike<number>): array is Float32Array {
  return array instanceof Float32Array;
}
