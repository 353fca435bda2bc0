import {
  type BlockInput,
  type BlockLossCall,
  type KernelArray,
  type NamedLoss,
  registeredBackend,
} from "@surprisal/core/authoring";
import { version } from "../generated/version.ts";
import type { LoadGradScale, StoreLosses } from "./preparedLoss.ts";

/** A call of a loss of this package, whose arguments are divided into blocks. */
export interface BlockCall extends Pick<BlockLossCall, "length" | "blockLength" | "compute"> {
  readonly loss: Omit<NamedLoss, "version">;
  /** The arguments, then the options that are arrays; undefined for an option that is not given. */
  readonly inputs: readonly (BlockInput | undefined)[];
  /** The arrays of the arguments' gradients; undefined for gradients that the call does not want. */
  readonly gradients: readonly (KernelArray | undefined)[];
  /** One weight per loss, if there are weights. */
  readonly sampleWeight: Float64Array | undefined;
  readonly loadGradScale: LoadGradScale | undefined;
  readonly storeLosses: StoreLosses;
}

/**
 * Computes the whole blocks of a call on several threads, if there are threads. Losses must only be summed or only
 * stored.
 *
 * @returns the number of blocks that are computed: 0 if the call stays on one thread.
 */
export function computeOnThreads({
  loss,
  inputs,
  loadGradScale,
  storeLosses: { addSum, target },
  ...call
}: BlockCall): number {
  // Losses are summed block by block only in float32.
  if (addSum === undefined && target === undefined) return 0;
  // The gradient of a repeated argument is a sum over the losses in their order.
  if (call.gradients.some((gradient, i) => gradient && inputs[i]?.axes)) return 0;
  const { constant, unweighted = constant, upstream } = loadGradScale ?? {};
  const sums = registeredBackend()?.blockLoss?.({
    ...call,
    loss: { ...loss, version },
    inputs: [...inputs, upstream && { data: upstream }],
    gradScale: unweighted,
    losses: target,
  });
  if (sums === undefined) return 0;
  if (addSum !== undefined) for (const sum of sums) addSum(sum);
  return sums.length;
}
