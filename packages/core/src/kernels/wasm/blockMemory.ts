// The memory in which kernels compute blocks of elements.
import { stagingEnd } from "../../generated/memoryMap.ts";
import type { KernelArray } from "../../types.ts";
import { activeInstructionSet, tryLink } from "../backend.ts";
import { elementBlockLength, maxElementBlocks, minWasmLength } from "../limits.ts";
import {
  type Instance,
  type InstructionSet,
  instanceOwning,
  instantiateOwner,
  type KernelBinary,
  linkExports,
} from "./instance.ts";

/** A memory of its own for element kernels, so that blocks survive every other kernel. */
export interface BlockMemory {
  readonly owner: Instance;
  readonly buffer: ArrayBufferLike;
  /** The number of blocks handed out so far. */
  blockCount: number;
}

/** The bytes of a block. */
export const blockBytes = 4 * elementBlockLength;

const memories = /* @__PURE__ */ new Map<InstructionSet, BlockMemory>();

/** Returns the memory of element kernels; undefined if the runtime refuses the kernels when they are linked. */
export function blockMemory(instructionSet: InstructionSet): BlockMemory | undefined {
  const known = memories.get(instructionSet);
  if (known !== undefined) return known;
  return tryLink(instructionSet, () => {
    const owner = instantiateOwner(instructionSet, maxElementBlocks * blockBytes, false);
    const memory = { owner, buffer: owner.buffer, blockCount: 0 };
    memories.set(instructionSet, memory);
    return memory;
  });
}

/** Returns the exports of a module in an instance's memory; undefined if the runtime refuses the module. */
export function kernelsOf<Exports>(owner: Instance, binary: KernelBinary): Exports | undefined {
  const linked = owner.linkedExports.get(binary) as Exports | undefined;
  return linked ?? tryLink(owner.instructionSet, () => linkExports<Exports>(owner, binary));
}

/** Returns a new block in the kernels' memory, where kernels need not copy it; undefined if there is no room. */
export function newBlock(instructionSet: InstructionSet): Float32Array | undefined {
  const memory = blockMemory(instructionSet);
  if (memory === undefined || memory.blockCount === maxElementBlocks) return undefined;
  const address = stagingEnd + blockBytes * memory.blockCount++;
  return new Float32Array(memory.buffer, address, elementBlockLength);
}

/**
 * Returns memory in which kernels compute blocks, and which is larger than a block; undefined without WebAssembly. It is
 * the caller's until another kernel runs.
 */
export function blockStaging(): Float32Array | undefined {
  const instructionSet = activeInstructionSet();
  return instructionSet && blockMemory(instructionSet)?.owner.staging;
}

/** Returns whether all arrays are in one memory of the kernels in use. */
export function isKernelMemory(...arrays: readonly KernelArray[]): boolean {
  const [first, ...others] = arrays;
  return ownerOfBlocks(minWasmLength, first, ...others) !== undefined;
}

/** Returns the instance of the kernels in use whose memory holds all arrays. */
export function ownerOfBlocks(
  count: number,
  first: ArrayLike<number>,
  ...others: readonly (ArrayLike<number> | undefined)[]
): Instance | undefined {
  const instructionSet = activeInstructionSet();
  if (instructionSet === undefined || count < minWasmLength) return undefined;
  if (!(first instanceof Float32Array)) return undefined;
  for (const other of others) {
    if (other === undefined) continue;
    if (!(other instanceof Float32Array) || other.buffer !== first.buffer) return undefined;
  }
  return instanceOwning(instructionSet, first);
}
