import { kernels } from "@surprisal/core";
import type {
  BlockLossCall,
  InputPlace,
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
import { elementsOf } from "./productRunner.ts";
import { productTerms } from "./productTerms.ts";
import type { Scheduler } from "./scheduler.ts";

/** Smaller calls stay on the calling thread, because waking a thread takes longer than it saves. */
export const minThreadedLength = 1 << 16;

/** Weights of float64 are converted for each block, which would take longer than rows of so many classes. */
const maxConvertedWeights = 1 << 12;

type Options = Omit<OperationCall, "operation" | "inputs" | "outputs" | "layout">;

const noOptions: Options = {
  ...defaultParameters,
  valuesPerRow: 1,
  shared: [],
  rowData: undefined,
  named: undefined,
};

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
    (name: "softmax" | "logSoftmax" | "sparsemax"): PartialKernels["softmax"] =>
    (x, out, layout, temperature, empty) =>
      run(name, [x], out, layout, { temperature, empty });

  const backward =
    (
      name: "softmaxBackward" | "logSoftmaxBackward" | "sparsemaxBackward",
    ): PartialKernels["softmaxBackward"] =>
    (g, y, out, layout) =>
      run(name, [g, y], out, layout);

  return {
    softmax: forward("softmax"),
    logSoftmax: forward("logSoftmax"),
    softmaxBackward: backward("softmaxBackward"),
    logSoftmaxBackward: backward("logSoftmaxBackward"),
    sparsemax: forward("sparsemax"),
    sparsemaxBackward: backward("sparsemaxBackward"),
    logSumExp: (x, out, layout) =>
      run("logSumExp", [x], undefined, layout, { rowData: rowSink(out) }),
    crossEntropy: (x, layout, rowData, gradient) =>
      run("crossEntropy", [x], gradient, layout, { rowData }),
    softCrossEntropy: (x, layout, { probabilities, skipMasked, ...soft }, rowData, gradient) => {
      if (soft.weight instanceof Float64Array && layout.size > maxConvertedWeights) return false;
      const options = { ...soft, skipMasked: Number(skipMasked), rowData };
      return run("softCrossEntropy", [x, probabilities], gradient, layout, options);
    },
    softcapCrossEntropy: (x, layout, rowData, gradient, { cap, skipMasked }) => {
      const options = { rowData, softcap: cap, skipMasked: Number(skipMasked) };
      return run("softcapCrossEntropy", [x], gradient, layout, options);
    },
    elementwise(name, inputs, out, count) {
      if (!isOperation(name) || inputs.some(({ length }) => length !== count)) return false;
      return run(name, inputs, out, { outer: count, size: 1, inner: 1 });
    },
    blockLoss(call) {
      const { blockLength, loss } = call;
      const blocks = Math.floor(call.length / blockLength);
      const length = blocks * blockLength;
      // Vectors without elements make blocks without numbers: then the length is NaN.
      if (!(length >= minThreadedLength) || kernels().active === "js") return undefined;
      const part = (array: ArrayLike<number>) =>
        isFloat32(array) && array.length === call.length ? array.subarray(0, length) : undefined;
      const { inputs, shared, places } = divideInputs(call, part);
      // The losses of vectors leave as values of rows, not in an output.
      const isStored = loss.size !== undefined && call.losses !== undefined;
      const results = [isStored ? undefined : call.losses, ...call.gradients];
      const outputs = results.map((result) => result && part(result));
      const areOutputs = outputs.every((output, i) => output || results[i] === undefined);
      // Blocks are computed in the type of the first argument. Upstream gradients may have any.
      const [first, upstream] = [call.inputs[0], call.inputs.at(-1)].map((input) => input?.data);
      const isOfFloats = first && isFloat32(first) && (!upstream || isFloat32(upstream));
      const hasRoom = inputs.length > 0 && inputs.length <= maxInputs;
      if (!isOfFloats || !hasRoom || !areOutputs) return undefined;
      const text = scheduler.textOf(loss, { places, isStored });
      if (text === undefined) return undefined;
      const lossesPerBlock = blockLength / (loss.size ?? 1);
      const sums = new Float64Array(blocks);
      const isComputed = scheduler.run({
        ...noOptions,
        operation: operationNumber("blockLoss"),
        inputs,
        outputs,
        layout: { outer: blocks, size: blockLength, inner: 1 },
        valuesPerRow: isStored ? lossesPerBlock : 1,
        shared,
        weight: call.sampleWeight?.subarray(0, blocks * lossesPerBlock),
        rowData: rowSink((isStored && call.losses) || sums),
        named: { name: loss.name, text, blockLoss: call },
      });
      return isComputed ? sums : undefined;
    },
    composedCrossEntropy({ loss, total, x, layout, rows, gradient, kernel }) {
      const text = x.length < minThreadedLength ? undefined : scheduler.textOf(loss);
      if (text === undefined) return false;
      const named = { name: loss.name, text, total, rowKernel: kernel };
      return run("composedCrossEntropy", [x], gradient, layout, { rowData: rows, named });
    },
    classFormula({ loss, x, layout, targets, rows, gradient, kernel }) {
      const text = x.length < minThreadedLength ? undefined : scheduler.textOf(loss);
      if (text === undefined) return false;
      const { probabilities, weight, labelSmoothing, softcap, skipMasked } = targets;
      const named = { name: loss.name, text, formulaKernel: kernel };
      const coefficients = { weight, labelSmoothing, softcap, skipMasked: Number(skipMasked) };
      const options = { ...coefficients, rowData: rows, named };
      return run("classFormula", [x, probabilities], gradient, layout, options);
    },
    gemm(a, b, c, transposed) {
      const terms = productTerms(a, b, c, transposed);
      if (terms === undefined || kernels().active === "js") return false;
      return elementsOf(terms.product) >= minThreadedLength && scheduler.runProduct(terms);
    },
    copy: copyShared,
    allocate: (length) =>
      length < minThreadedLength ? undefined : allocateShared(length, scheduler.threads()),
  };
}

/** Returns what stores the values of rows that bring no numbers. */
function rowSink(out: KernelArray): RowData {
  return {
    load() {},
    store: (first, count, values) => out.set(values.subarray(0, count), first),
  };
}

/**
 * Divides the inputs of a loss. Each block gets its part of some of them. All blocks share the others.
 *
 * @param part returns the part of an array that threads compute; undefined unless the array is float32 and has one number
 * for each number of the call.
 */
function divideInputs(
  { inputs: given }: BlockLossCall,
  part: (array: ArrayLike<number>) => Float32Array | undefined,
) {
  const inputs: Float32Array[] = [];
  const shared: ArrayLike<number>[] = [];
  let offset = 0;
  const places = given.map((input): InputPlace => {
    if (input === undefined) return null;
    const { data, axes = [{ size: data.length, stride: 1 }] } = input;
    const own = input.axes ? undefined : part(data);
    if (own !== undefined) {
      inputs.push(own);
      return "own";
    }
    shared.push(data);
    offset += data.length;
    return { offset: offset - data.length, axes };
  });
  return { inputs, shared, places };
}

function isFloat32(array: ArrayLike<number>): array is Float32Array {
  return array instanceof Float32Array;
}
