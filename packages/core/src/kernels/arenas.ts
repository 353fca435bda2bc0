import { type Instance, instantiate, type Level, stageEnd } from "./instance.ts";

/** How many bytes an arena has, unless more are asked for at once. Untouched pages cost nothing. */
const arenaBytes = 1 << 26;

/** Arrays start at a cache line. */
const alignment = 64;

/** Memory of kernels that arrays are allocated in. */
export interface Arenas {
  allocate(size: number): Float32Array;
  release(): void;
  /** The instance in whose memory an array lies, if it was allocated here. */
  homeOf(array: Float32Array): Instance | undefined;
}

/**
 * Allocates from memories of fixed size, each with an instance of the kernels; a full one is left
 * for a new one.
 *
 * No memory grows, so no view is ever detached; no room is given out twice, so no two views ever
 * overlap. A memory is freed by the garbage collector with the last array in it.
 */
export function arenas(level: Level): Arenas {
  const homes = new WeakMap<ArrayBufferLike, Instance>();
  let current: Instance | undefined;
  let next = 0;
  let end = 0;
  return {
    allocate(size) {
      const bytes = alignment * Math.ceil((4 * size) / alignment);
      if (current === undefined || next + bytes > end) {
        const room = Math.max(arenaBytes, bytes);
        // Kernels read some columns that are none.
        current = instantiate(level, room + alignment);
        homes.set(current.stage.buffer, current);
        next = stageEnd;
        end = stageEnd + room;
      }
      const array = new Float32Array(current.stage.buffer, next, size);
      next += bytes;
      return array;
    },
    release() {
      current = undefined;
    },
    homeOf: (array) => homes.get(array.buffer),
  };
}
