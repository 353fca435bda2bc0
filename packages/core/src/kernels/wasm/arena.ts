import { stagingEnd } from "../../generated/memoryMap.ts";
import {
  bytesOfFurtherThreads,
  type Instance,
  type InstructionSet,
  instantiateOwner,
} from "./instance.ts";

/** The least bytes of an arena. Untouched pages cost nothing. */
const minArenaBytes = 1 << 26;

/** The arrays of one call are often equally long, and should be in the same arena: so many have room in it. */
const arraysPerArena = 4;

/** How many sizes an arena remembers. An array of such a size needs room for itself alone. */
const knownSizeCount = 16;

/** Larger arenas have one array only: more than half of WebAssembly's 4 GiB is not available everywhere. */
const maxArenaBytes = 2 ** 31 - 2 ** 24;

/** Arrays start at a cache line. */
const alignment = 64;

/** The memory from which arrays are allocated. */
interface Arena {
  readonly owner: Instance;
  readonly end: number;
  next: number;
  /** Different sizes of its arrays in bytes, those that came last first. */
  knownSizes: readonly number[];
}

/** For each instruction set, the arenas for numbers of threads. */
const arenas = /* @__PURE__ */ new Map<InstructionSet, Map<number, Arena>>();

/**
 * Allocates floats in the kernels' memory, so that kernels need not copy them. A full arena is
 * followed by a new one with an instance of its own.
 *
 * No memory grows, so no view is ever detached. No address is handed out twice, so no two views
 * overlap. The garbage collector frees an arena with the last array in it.
 *
 * @param threads the number of threads that compute in the memory. With more than one, the memory is shared.
 */
export function allocateFloats(
  instructionSet: InstructionSet,
  size: number,
  threads = 1,
): Float32Array {
  const ofSet = arenas.get(instructionSet) ?? new Map<number, Arena>();
  arenas.set(instructionSet, ofSet);
  const bytes = alignment * Math.ceil((4 * size) / alignment);
  const last = ofSet.get(threads);
  const arena =
    last && hasRoom(last, bytes) ? last : nextArena(instructionSet, threads, bytes, last);
  ofSet.set(threads, arena);
  const array = new Float32Array(arena.owner.buffer, arena.next, size);
  arena.next += bytes;
  if (!arena.knownSizes.includes(bytes)) {
    arena.knownSizes = [bytes, ...arena.knownSizes].slice(0, knownSizeCount);
  }
  return array;
}

/**
 * Returns whether an arena has room for an array, and, if it is the first of its size, for the others of its call: a call
 * whose arrays are in two arenas copies them.
 */
function hasRoom({ next, end, knownSizes }: Arena, bytes: number): boolean {
  const count = knownSizes.includes(bytes) ? 1 : arraysPerArena;
  return next + count * bytes <= end;
}

/** Opens an arena. Returns the last one if there is no memory for another, and the array has room there. */
function nextArena(
  instructionSet: InstructionSet,
  threads: number,
  bytes: number,
  last: Arena | undefined,
): Arena {
  const wanted = Math.max(minArenaBytes, arraysPerArena * bytes);
  const most = maxArenaBytes - bytesOfFurtherThreads(threads);
  const room = Math.max(bytes, Math.min(most, wanted));
  try {
    return openArena(instructionSet, threads, room, bytes);
  } catch (error) {
    if (error instanceof RangeError && last && last.next + bytes <= last.end) return last;
    throw error;
  }
}

/** Opens an arena of `room` bytes, or of `bytes` where there is no memory for more. */
function openArena(
  instructionSet: InstructionSet,
  threads: number,
  room: number,
  bytes: number,
): Arena {
  try {
    const ofThreads = bytesOfFurtherThreads(threads);
    const owner = instantiateOwner(instructionSet, ofThreads + room, threads > 1);
    const next = stagingEnd + ofThreads;
    return { owner, next, end: next + room, knownSizes: [] };
  } catch (error) {
    if (!(error instanceof RangeError) || bytes >= room) throw error;
    return openArena(instructionSet, threads, bytes, bytes);
  }
}

/** Starts a new arena with the next allocation, so that the current one can be freed. */
export function releaseFloats(instructionSet: InstructionSet): void {
  arenas.delete(instructionSet);
}
