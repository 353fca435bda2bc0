// sparsemax of rows: a registered backend computes the calls that it takes.
import { registeredBackend } from "./backend.ts";
import type { Kernels } from "./interface.ts";
import { sparsemaxBackwardRows, sparsemaxRows } from "./js/sparsemax.ts";

/** sparsemax of rows, with the arguments of the kernel of softmax. */
export const sparsemaxKernel: Kernels["softmax"] = (...args) => {
  if (registeredBackend()?.sparsemax?.(...args) !== true) sparsemaxRows(...args);
};

/** out = g − (the mean of g where y is not 0), and 0 where y is 0, for sparsemax's output y. */
export const sparsemaxBackwardKernel: Kernels["softmaxBackward"] = (...args) => {
  if (registeredBackend()?.sparsemaxBackward?.(...args) !== true) sparsemaxBackwardRows(...args);
};
