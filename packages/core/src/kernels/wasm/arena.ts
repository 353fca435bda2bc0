import { type Instance, type InstructionSet, instantiateOwner, stagingEnd } from "./instance.ts";

/** How many bytes an arena has, unless more are asked for at once. Untouched pages cost nothing. */
const arenaBytes = 1 << 26;

/** Arrays start at a cache line. */
const alignment = 64;

/** The memory that is being allocated from. */
interface Arena {
  readonly owner: Instance;
  readonly end: number;
  next: number;
}

const arenas = /* @__PURE__ */ new Map<InstructionSet, Arena>();

/**
 * Room for floats that kernels of a level need not copy: from memories of fixed size, each with an
 * instance of the kernels; a full one is left for a new one.
 *
 * No memory grows, so no view is ever detached; no room is given out twice, so no two views ever
 * overlap. A memory is freed by the garbage collector with the last array in it.
 */
export function allocateFloats(instructionSet: InstructionSet, size: number): Float32Array {
  const bytes = alignment * Math.ceil((4 * size) / alignment);
  let arena = arenas.get(instructionSet);
  if (arena === undefined || arena.next + bytes > arena.end) {
    const room = Math.max(arenaBytes, bytes);
    // Kernels read some columns that are none.
    const owner = instantiateOwner(instructionSet, room + alignment);
    arena = { owner: owner, next: stagingEnd, end: stagingEnd + room };
    arenas.set(instructionSet, arena);
  }
  const array = new Float32Array(arena.owner.memory.buffer, arena.next, size);
  arena.next += bytes;
  return array;
}

/** Lets go of the memory that is being allocated from. */
export function releaseFloats(instructionSet: InstructionSet): void {
  arenas.delete(instructionSet);
}
