import {
  elementBlockLength,
  type KernelArray,
  type NumberView,
  registeredBackend,
} from "@surprisal/core/authoring";
import { version } from "../generated/version.ts";
import { type ElementEvaluation, sumBlocks } from "./elementEvaluation.ts";

/** A call of a loss of elements of this package. */
export interface ElementCall {
  readonly name: string;
  /** The loss's own options. */
  readonly options: object;
  /** The arguments. */
  readonly views: readonly NumberView[];
  /** The arrays of the arguments' gradients; undefined for gradients that the call does not want. */
  readonly gradients: readonly (KernelArray | undefined)[];
  /** The number of losses. */
  readonly count: number;
}

/**
 * Computes the whole blocks of a call on several threads, if there are threads, and the losses are only summed.
 *
 * @returns the number of elements that are computed: 0 if the call stays on one thread.
 */
export function computeOnThreads(
  { name, options, views, gradients, count }: ElementCall,
  evaluation: ElementEvaluation,
): number {
  // Losses are summed block by block only in float32 and without weights. All gradients then have the same factor.
  const { sum } = evaluation.storeLosses;
  if (sum === undefined || !evaluation.neverThrows) return 0;
  const sums = registeredBackend()?.elementLoss?.({
    loss: { name, version, options },
    count,
    inputs: views.map(({ data }) => data),
    gradients,
    gradScale: evaluation.loadGradScale?.constant,
    compute: (start, end, blockSums) => sumBlocks(evaluation, start, end, blockSums),
  });
  if (sums === undefined) return 0;
  sum.add(sums, sums.length);
  return sums.length * elementBlockLength;
}
