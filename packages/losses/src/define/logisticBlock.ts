import { blockPool, type KernelArray, softplusSigmoidKernel } from "@surprisal/core/authoring";

/** The probabilities of both labels: σ(x), and 1 − σ(x) = σ(−x), which keeps its digits. */
export interface LogisticBlock {
  readonly sigmoids: KernelArray;
  readonly opposites: KernelArray;
}

/**
 * Computes the cross-entropies and the probabilities of both labels for a block of logits x.
 *
 * `losses` receives log(1 + exp(x)), the cross-entropy of the label 0, and `input` receives that of the label
 * 1, log(1 + exp(−x)), in place of the logits.
 *
 * @param compute continues with these results. The arrays that it gets are reused afterwards.
 */
export function withLogisticBlock(
  input: KernelArray,
  losses: KernelArray,
  count: number,
  compute: (block: LogisticBlock) => void,
): void {
  const pool = blockPool(losses instanceof Float32Array ? "float32" : "float64");
  const [sigmoids, opposites] = [pool.acquire(count), pool.acquire(count)];
  softplusSigmoidKernel(input, losses, sigmoids, count);
  for (let i = 0; i < count; i++) input[i] = -input[i];
  softplusSigmoidKernel(input, input, opposites, count);
  compute({ sigmoids, opposites });
  pool.release(sigmoids);
  pool.release(opposites);
}
