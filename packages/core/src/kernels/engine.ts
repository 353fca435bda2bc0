import { arenas } from "./arenas.ts";
import { type Instance, instantiate, type Level } from "./instance.ts";

/** What computes in WebAssembly: the memories of one level's kernels. */
export interface Engine {
  /** The instance that others' arrays are copied into. */
  staging(): Instance;
  /** The instance in whose memory all the arrays lie, if there is one. */
  homeOf(first: Float32Array, ...others: (Float32Array | undefined)[]): Instance | undefined;
  /** Room for floats that need not be copied. */
  allocate(size: number): Float32Array;
  /** Lets go of the memory that is being allocated from: it is freed with the last array in it. */
  release(): void;
}

export function engineOf(level: Level): Engine {
  const memory = arenas(level);
  let own: Instance | undefined;
  return {
    staging() {
      own ??= instantiate(level);
      return own;
    },
    homeOf(first, ...others) {
      const home = memory.homeOf(first);
      if (home === undefined) return undefined;
      const together = others.every((one) => one === undefined || memory.homeOf(one) === home);
      return together ? home : undefined;
    },
    allocate: memory.allocate,
    release: memory.release,
  };
}
