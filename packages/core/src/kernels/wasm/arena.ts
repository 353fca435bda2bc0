import { type Instance, instantiateHome, type Level, stageEnd } from "./instance.ts";

/** How many bytes an arena has, unless more are asked for at once. Untouched pages cost nothing. */
const arenaBytes = 1 << 26;

/** Arrays start at a cache line. */
const alignment = 64;

/** The memory that is being allocated from. */
interface Arena {
  readonly home: Instance;
  readonly end: number;
  next: number;
}

const arenas = /* @__PURE__ */ new Map<Level, Arena>();

/**
 * Room for floats that kernels of a level need not copy: from memories of fixed size, each with an
 * instance of the kernels; a full one is left for a new one.
 *
 * No memory grows, so no view is ever detached; no room is given out twice, so no two views ever
 * overlap. A memory is freed by the garbage collector with the last array in it.
 */
export function allocateFloats(level: Level, size: number): Float32Array {
  const bytes = alignment * Math.ceil((4 * size) / alignment);
  let arena = arenas.get(level);
  if (arena === undefined || arena.next + bytes > arena.end) {
    const room = Math.max(arenaBytes, bytes);
    // Kernels read some columns that are none.
    const home = instantiateHome(level, room + alignment);
    arena = { home, next: stageEnd, end: stageEnd + room };
    arenas.set(level, arena);
  }
  const array = new Float32Array(arena.home.memory.buffer, arena.next, size);
  arena.next += bytes;
  return array;
}

/** Lets go of the memory that is being allocated from. */
export function releaseFloats(level: Level): void {
  arenas.delete(level);
}
