import { stagingEnd } from "../../generated/memoryMap.ts";
import { type Instance, type InstructionSet, instantiateOwner } from "./instance.ts";

/** The bytes of an arena, unless one array needs more. Untouched pages cost nothing. */
const arenaBytes = 1 << 26;

/** Arrays start at a cache line. */
const alignment = 64;

/** The memory from which arrays are allocated. */
interface Arena {
  readonly owner: Instance;
  readonly end: number;
  next: number;
}

const arenas = /* @__PURE__ */ new Map<InstructionSet, Arena>();

/**
 * Allocates floats in the kernels' memory, so that kernels need not copy them. A full arena is
 * followed by a new one with an instance of its own.
 *
 * No memory grows, so no view is ever detached. No address is handed out twice, so no two views
 * overlap. The garbage collector frees an arena with the last array in it.
 */
export function allocateFloats(instructionSet: InstructionSet, size: number): Float32Array {
  const bytes = alignment * Math.ceil((4 * size) / alignment);
  let arena = arenas.get(instructionSet);
  if (arena === undefined || arena.next + bytes > arena.end) {
    const room = Math.max(arenaBytes, bytes);
    // Kernels may read up to a cache line past the last array.
    const owner = instantiateOwner(instructionSet, room + alignment);
    arena = { owner, next: stagingEnd, end: stagingEnd + room };
    arenas.set(instructionSet, arena);
  }
  const array = new Float32Array(arena.owner.memory.buffer, arena.next, size);
  arena.next += bytes;
  return array;
}

/** Starts a new arena with the next allocation, so that the current one can be freed. */
export function releaseFloats(instructionSet: InstructionSet): void {
  arenas.delete(instructionSet);
}
