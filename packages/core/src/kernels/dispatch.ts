// Sends each call to the first backend that computes it: a registered one, WebAssembly for float32,
// else JavaScript.
import { registeredBackend } from "./backend.ts";
import type { ComposedSoftCrossEntropyKernel } from "./classFunctions.ts";
import type { ComposedCrossEntropyKernel, Kernels } from "./interface.ts";
import * as js from "./js/kernels.ts";
import type { SoftCrossEntropyKernel, SoftcapCrossEntropyKernel } from "./softInterface.ts";
import { composedSoftCrossEntropy } from "./wasm/composedSoft.ts";
import * as wasm from "./wasm/kernels.ts";
import { softCrossEntropy } from "./wasm/softTargets.ts";

/** softmax of rows; see `Kernels`. */
export const softmaxKernel: Kernels["softmax"] = (...args) => {
  registeredBackend()?.softmax?.(...args) || wasm.softmax(...args) || js.softmax(...args);
};

/** logSoftmax of rows; see `Kernels`. */
export const logSoftmaxKernel: Kernels["logSoftmax"] = (...args) => {
  registeredBackend()?.logSoftmax?.(...args) || wasm.logSoftmax(...args) || js.logSoftmax(...args);
};

/** logSumExp of rows; see `Kernels`. */
export const logSumExpKernel: Kernels["logSumExp"] = (...args) => {
  registeredBackend()?.logSumExp?.(...args) || wasm.logSumExp(...args) || js.logSumExp(...args);
};

/** The cross-entropy of rows, and its gradient; see `Kernels`. */
export const crossEntropyKernel: Kernels["crossEntropy"] = (...args) => {
  registeredBackend()?.crossEntropy?.(...args) ||
    wasm.crossEntropy(...args) ||
    js.crossEntropy(...args);
};

/**
 * The cross-entropy of rows, whose gradients are multiplied by factors that depend on the values.
 *
 * Gradients stay on one thread: a kernel applies the factors while a block is in its cache. The losses that workers know
 * come in `composedCrossEntropy` of a registered backend.
 */
export const composedCrossEntropyKernel: ComposedCrossEntropyKernel = (...args) => {
  const [x, layout, rowData, gradient] = args;
  (gradient === undefined && registeredBackend()?.crossEntropy?.(x, layout, rowData, gradient)) ||
    wasm.composedCrossEntropy(...args) ||
    js.composedCrossEntropy(...args);
};

/** The cross-entropy of capped logits, and its gradient; see `SoftcapCrossEntropyKernel`. */
export const softcapCrossEntropyKernel: SoftcapCrossEntropyKernel = (...args) =>
  wasm.softcapCrossEntropy(...args);

/** The gradient through the softmax of rows; see `Kernels`. */
export const softmaxBackwardKernel: Kernels["softmaxBackward"] = (...args) => {
  registeredBackend()?.softmaxBackward?.(...args) ||
    wasm.softmaxBackward(...args) ||
    js.softmaxBackward(...args);
};

/** The gradient through the logSoftmax of rows; see `Kernels`. */
export const logSoftmaxBackwardKernel: Kernels["logSoftmaxBackward"] = (...args) => {
  registeredBackend()?.logSoftmaxBackward?.(...args) ||
    wasm.logSoftmaxBackward(...args) ||
    js.logSoftmaxBackward(...args);
};

/** The cross-entropy of soft targets, and its gradient; see `SoftCrossEntropyKernel`. */
export const softCrossEntropyKernel: SoftCrossEntropyKernel = (...args) =>
  softCrossEntropy(...args);

/** A function of the cross-entropy of every class, and its gradient; see `ComposedSoftCrossEntropyKernel`. */
export const composedSoftCrossEntropyKernel: ComposedSoftCrossEntropyKernel = (...args) =>
  composedSoftCrossEntropy(...args);
