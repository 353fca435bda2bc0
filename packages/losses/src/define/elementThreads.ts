import {
  elementBlockLength,
  type KernelArray,
  type NumberView,
  registeredBackend,
} from "@surprisal/core/authoring";
import { version } from "../generated/version.ts";
import { type ElementEvaluation, sumBlocks } from "./elementEvaluation.ts";

/**
 * Computes the whole blocks of a loss of elements on several threads, if there are threads, and the losses are only
 * summed.
 *
 * @param options the loss's own options.
 * @param views the arguments.
 * @param gradients the arrays of the arguments' gradients.
 * @returns the number of elements that are computed.
 */
export function computeOnThreads(
  name: string,
  options: object,
  views: readonly NumberView[],
  gradients: readonly (KernelArray | undefined)[],
  count: number,
  evaluation: ElementEvaluation,
): number {
  const { isFloat32, neverThrows, sampleWeight, loadGradScale, storeLosses } = evaluation;
  const { sum } = storeLosses;
  const gradScale = loadGradScale?.constant;
  if (sum === undefined || (gradScale === undefined && loadGradScale !== undefined)) return 0;
  if (!isFloat32 || !neverThrows || sampleWeight !== undefined) return 0;
  const sums = registeredBackend()?.elementLoss?.({
    loss: { name, version, options },
    count,
    inputs: views.map(({ data }) => data),
    gradients,
    gradScale,
    compute: (start, end, blockSums) => sumBlocks(evaluation, start, end, blockSums),
  });
  if (sums === undefined) return 0;
  sum.add(sums, sums.length);
  return sums.length * elementBlockLength;
}
