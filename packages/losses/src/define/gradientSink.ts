import { blockPool, type KernelArray } from "@surprisal/core/authoring";
import type { Runs } from "./broadcast.ts";
import { addToRuns, storeBlock, storeRuns } from "./elementBlocks.ts";

/** Receives the derivatives of the losses, block by block, and turns them into an argument's gradient. */
export interface GradientSink {
  add(derivatives: KernelArray, first: number, count: number): void;
  /** Completes the gradient. Its memory may be that of an argument, which is no longer read. */
  finish(): void;
  /** Gives back the memory of sums. */
  release(): void;
  /** The gradient, if derivatives are only copied to it in their order. */
  readonly target?: KernelArray;
}

/** Returns the sink of an argument that has one element for each derivative. */
export function storingSink(gradient: KernelArray): GradientSink {
  return {
    add: (derivatives, first, count) => storeBlock(derivatives, gradient, first, count),
    finish() {},
    release() {},
    target: gradient,
  };
}

/** Returns the sink of an argument whose elements are in another order than the derivatives. */
export function scatteringSink(gradient: KernelArray, runs: Runs): GradientSink {
  return {
    add: (derivatives, first, count) => storeRuns(derivatives, gradient, runs, first, count),
    finish() {},
    release() {},
  };
}

/** Returns the sink of an argument that is repeated: it adds the derivatives of each element. */
export function summingSink(gradient: KernelArray, runs: Runs): GradientSink {
  const pool = blockPool("float64");
  const { length } = gradient;
  const sums = pool.acquire(length).fill(0, 0, length);
  return {
    add: (derivatives, first, count) => addToRuns(derivatives, sums, runs, first, count),
    finish() {
      for (let i = 0; i < length; i++) gradient[i] = sums[i];
    },
    release: () => pool.release(sums),
  };
}

/** Returns the derivatives that are asked for, by the argument's name. */
export function namedGradients(
  names: readonly string[],
  derivatives: readonly (KernelArray | undefined)[],
): Record<string, KernelArray> {
  const named: Record<string, KernelArray> = {};
  derivatives.forEach((derivative, i) => {
    if (derivative !== undefined) named[names[i]] = derivative;
  });
  return named;
}
