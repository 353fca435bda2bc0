// Copies between the memory that threads share and the memory of a thread's kernels.
import { allocateForKernels, type KernelArray, kernelMemoryOf } from "@surprisal/core/authoring";
import { isShared, type View } from "./sharing.ts";
import { type Memory, webAssembly } from "./webAssembly.ts";

/** Copies between a memory of kernels and a shared one. Addresses and the length are bytes. */
interface MemoryCopier {
  toPrivate(to: number, from: number, length: number): void;
  toShared(to: number, from: number, length: number): void;
}

/** Memory of WebAssembly that threads share. */
export interface SharedMemory {
  readonly memory: Memory;
  /**
   * How many threads have regions for their kernels in it, the thread that made it among them. 0 if it is only for copies, or
   * for the kernels of one worker.
   */
  readonly threads: number;
}

/** The same, and its buffer. The memory may have another object for it later; see `Instance` of the kernels. */
interface OpenedMemory extends SharedMemory {
  readonly buffer: SharedArrayBuffer;
}

const sharedMemories = /* @__PURE__ */ new WeakMap<ArrayBufferLike, OpenedMemory>();
const memoryCopiers = /* @__PURE__ */ new WeakMap<
  ArrayBufferLike,
  WeakMap<ArrayBufferLike, MemoryCopier>
>();

const pageSize = 1 << 16;

/**
 * Makes zeros in shared memory. It is a WebAssembly memory where a module can copy between it and the kernels' memory,
 * because that is faster than a typed array's `set`.
 */
export function createShared(bytes: number): SharedArrayBuffer {
  const pages = Math.max(1, Math.ceil(bytes / pageSize));
  const api = canCopyBetweenMemories() ? webAssembly() : undefined;
  if (api === undefined) return new SharedArrayBuffer(bytes);
  const memory = new api.Memory({ initial: pages, maximum: pages, shared: true });
  return openShared({ memory, threads: 0 });
}

/** Allocates floats in memory where the kernels of several threads compute. */
export function allocateShared(length: number, threads: number): Float32Array {
  const array = allocateForKernels(length, threads);
  const memory = kernelMemoryOf(array);
  const buffer = array.buffer as SharedArrayBuffer;
  if (memory !== undefined) sharedMemories.set(buffer, { memory, threads, buffer });
  return array;
}

/** Returns the buffer of shared memory, and remembers its memory. */
export function openShared(source: SharedMemory | SharedArrayBuffer): SharedArrayBuffer {
  if (source instanceof SharedArrayBuffer) return source;
  const buffer = source.memory.buffer as SharedArrayBuffer;
  sharedMemories.set(buffer, { ...source, buffer });
  return buffer;
}

/** Returns the form of a shared buffer in which it is sent to a worker. */
export function sendable(buffer: SharedArrayBuffer): SharedMemory | SharedArrayBuffer {
  const opened = sharedMemories.get(buffer);
  return opened ? { memory: opened.memory, threads: opened.threads } : buffer;
}

/** Returns the WebAssembly memory of a shared buffer, if it has one. */
export function memoryOf(buffer: ArrayBufferLike | undefined): OpenedMemory | undefined {
  return buffer && sharedMemories.get(buffer);
}

/** Returns whether an array is in shared memory of WebAssembly. A typed array's `set` is slow there. */
export function isInSharedMemory(array: View): boolean {
  return sharedMemories.has(array.buffer);
}

/** Copies float32 to the start of an array, if one of the two is in shared memory. Returns whether it did. */
export function copyShared(to: KernelArray, from: KernelArray): boolean {
  if (!(to instanceof Float32Array && from instanceof Float32Array)) return false;
  const copyBytes = byteCopierOf(to, from);
  copyBytes?.(to.byteOffset, from.byteOffset, from.byteLength);
  return copyBytes !== undefined;
}

/** Below this length, finding the right copier takes longer than the copy. */
const minCopiedLength = 128;

/** Copies the numbers of rows to the start of an array. */
export function copyRowNumbers<Numbers extends Int32Array | Float64Array>(
  to: Numbers,
  from: Numbers,
): void {
  const copyBytes = from.length < minCopiedLength ? undefined : byteCopierOf(to, from);
  if (copyBytes === undefined) to.set(from);
  else copyBytes(to.byteOffset, from.byteOffset, from.byteLength);
}

/** Copies bytes from one address to another. */
type CopyBytes = (to: number, from: number, length: number) => void;

/**
 * Returns what copies between two arrays if one is in shared memory, and the other in that of the kernels, which may be
 * shared, too.
 */
function byteCopierOf(to: View, from: View): CopyBytes | undefined {
  // This is faster than looking for the buffers among the shared memories.
  if (!isShared(to) && !isShared(from)) return undefined;
  if (isInSharedMemory(to)) return memoryCopierOf(to, from)?.toShared;
  return memoryCopierOf(from, to)?.toPrivate;
}

/** Equal pieces of an array, `stride` elements apart. */
export interface Lines {
  readonly array: Float32Array;
  readonly offset: number;
  readonly stride: number;
}

/** Copies `count` lines of `length` elements. */
export function copyLines(to: Lines, from: Lines, length: number, count: number): void {
  const copy = copierOf(to.array, from.array);
  for (let i = 0; i < count; i++) {
    copy(to.offset + i * to.stride, from.offset + i * from.stride, length);
  }
}

/** Copies elements of one array to a place in the other. */
type Copy = (to: number, from: number, length: number) => void;

function copierOf(to: Float32Array, from: Float32Array): Copy {
  const copyBytes = byteCopierOf(to, from);
  if (copyBytes !== undefined) {
    return (target, source, length) =>
      copyBytes(to.byteOffset + 4 * target, from.byteOffset + 4 * source, 4 * length);
  }
  return (target, source, length) =>
    copyElements(to.subarray(target, target + length), from.subarray(source, source + length));
}

/** The elements of one step of a detour. Both arrays of a step fit into the first cache. */
const detourLength = 1 << 11;

/** The two arrays of a detour. They begin at multiples of eight bytes. */
const detourArrays = /* @__PURE__ */ [0, 1].map(() => new Float32Array(detourLength + 1));

/** Below this many elements, the calls of a detour take longer than it saves. */
const minDetourLength = 256;

/**
 * Copies elements to an array of the same length. V8 copies shared memory word by word if both addresses are equal
 * modulo eight. Otherwise it copies byte by byte, which takes eight times as long. Such elements take a detour through two
 * ordinary arrays: the first is aligned as the source, the second as the target.
 */
function copyElements(to: Float32Array, from: Float32Array): void {
  const { length } = from;
  if (length < minDetourLength || isAtOddMultiple(to) === isAtOddMultiple(from)) {
    to.set(from);
    return;
  }
  const [likeSource, likeTarget] = [from, to].map((array, i) =>
    detourArrays[i].subarray(Number(isAtOddMultiple(array))),
  );
  for (let start = 0; start < length; start += detourLength) {
    const count = Math.min(detourLength, length - start);
    likeSource.set(from.subarray(start, start + count));
    likeTarget.set(likeSource.subarray(0, count));
    to.set(likeTarget.subarray(0, count), start);
  }
}

/** Returns whether an array begins at an odd multiple of four bytes. */
function isAtOddMultiple({ byteOffset }: Float32Array): boolean {
  return byteOffset % 8 !== 0;
}

/** Returns what copies between shared memory and another memory that is shared or that of this thread's kernels. */
function memoryCopierOf(shared: View, own: View): MemoryCopier | undefined {
  const sharedMemory = memoryOf(shared.buffer)?.memory;
  const ownMemory = sharedMemory && (memoryOf(own.buffer)?.memory ?? kernelMemoryOf(own));
  if (sharedMemory === undefined || ownMemory === undefined) return undefined;
  let copiersOfOwn = memoryCopiers.get(own.buffer);
  if (copiersOfOwn === undefined) {
    copiersOfOwn = new WeakMap();
    memoryCopiers.set(own.buffer, copiersOfOwn);
  }
  let copier = copiersOfOwn.get(shared.buffer);
  if (copier === undefined) {
    copier = connect(ownMemory, isShared(own), sharedMemory);
    if (copier !== undefined) copiersOfOwn.set(shared.buffer, copier);
  }
  return copier;
}

/** The limits of an imported memory: (memory 0), (memory 0 65536 shared). */
const plainLimits = [0, 0];
const sharedLimits = [3, 0, 128, 128, 4];

/**
 * A module that imports two memories, `own` and a shared one, and exports `memory.copy` between them
 * in both directions: (import "" "o" (memory …)), (import "" "s" (memory 0 65536 shared)).
 */
function binaryOf(ownLimits: readonly number[]): number[] {
  const imports = [2, 0, 1, 111, 2, ...ownLimits, 0, 1, 115, 2, ...sharedLimits];
  return [
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 3, 127, 127, 127, 0],
    ...[2, imports.length, ...imports],
    ...[3, 3, 2, 0, 0, 7, 9, 2, 1, 112, 0, 0, 1, 115, 0, 1],
    ...[10, 27, 2, 12, 0, 32, 0, 32, 1, 32, 2, 252, 10, 0, 1, 11],
    ...[12, 0, 32, 0, 32, 1, 32, 2, 252, 10, 1, 0, 11],
  ];
}

const compiled = /* @__PURE__ */ new Map<readonly number[], object | null>();

/** Returns the module for an own memory with these limits; null if the runtime supports only one memory. */
function copyModule(ownLimits = plainLimits): object | null {
  const known = compiled.get(ownLimits);
  if (known !== undefined) return known;
  const api = webAssembly();
  let module: object | null = null;
  try {
    if (api !== undefined) module = new api.Module(Uint8Array.from(binaryOf(ownLimits)));
  } catch {
    // The runtime does not support two memories.
  }
  compiled.set(ownLimits, module);
  return module;
}

function canCopyBetweenMemories(): boolean {
  return copyModule() !== null && kernelMemoryOf(allocateForKernels(1)) !== undefined;
}

function connect(own: Memory, isOwnShared: boolean, shared: Memory): MemoryCopier | undefined {
  const api = webAssembly();
  const module = copyModule(isOwnShared ? sharedLimits : plainLimits);
  if (api === undefined || module === null) return undefined;
  const { exports } = new api.Instance(module, { "": { o: own, s: shared } });
  const { p, s } = exports as { p: MemoryCopier["toPrivate"]; s: MemoryCopier["toShared"] };
  return { toPrivate: p, toShared: s };
}
