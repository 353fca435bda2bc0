import type { KernelArray } from "../types.ts";
import { activeInstructionSet } from "./backend.ts";
import { longArrayPool } from "./bufferPool.ts";
import { elementBlockLength } from "./limits.ts";
import { newBlock } from "./wasm/blockMemory.ts";

/** Hands out blocks of one element type. A block belongs to the caller until it is released. */
export interface BlockPool {
  /** Returns an array of at least `length` numbers, which holds anything. */
  acquire(length: number): KernelArray;
  release(block: KernelArray): void;
}

/** The pool of blocks of float64. A bundle that imports only this has no kernels. */
export const float64Blocks: BlockPool = /* @__PURE__ */ keepBlocks(
  (length) => new Float64Array(length),
);

/** The pools of float32, by the instruction set of the kernels in use. */
const pools = /* @__PURE__ */ new Map<string, BlockPool>();

/**
 * Returns the pool of blocks for work in float32 or float64.
 *
 * A block has `elementBlockLength` numbers: the second cache holds the blocks of a call. Those of float32 are in the
 * memory of the kernels in use, which then need not copy them. Longer arrays are kept for the next call of
 * the same shape, until the garbage collector needs their memory.
 */
export function blockPool(elementType: "float32" | "float64"): BlockPool {
  if (elementType === "float64") return float64Blocks;
  const instructionSet = activeInstructionSet();
  const key = instructionSet ?? elementType;
  let pool = pools.get(key);
  if (pool === undefined) {
    pool = keepBlocks((length) => {
      const isBlock = length === elementBlockLength && instructionSet !== undefined;
      return (isBlock ? newBlock(instructionSet) : undefined) ?? new Float32Array(length);
    });
    pools.set(key, pool);
  }
  return pool;
}

/** Makes a pool that keeps every block that is released, and longer arrays as `longArrayPool` does. */
function keepBlocks(create: (length: number) => KernelArray): BlockPool {
  const kept: KernelArray[] = [];
  const long = longArrayPool(create);
  return {
    acquire(length) {
      if (length <= elementBlockLength) return kept.pop() ?? create(elementBlockLength);
      return long.acquire(length);
    },
    release(block) {
      if (block.length === elementBlockLength) kept.push(block);
      else long.release(block);
    },
  };
}
