// Shared memory that blocks pass through on their way to a worker and back.
import { createKernelMemory } from "@surprisal/core/authoring";
import { type Control, maxSlots } from "./control.ts";
import { createShared, type Lines, openShared } from "./copy.ts";
import type { Block } from "./partition.ts";
import type { Pool } from "./pool.ts";

/** The least slots of a worker: one for the block that it computes, the others for blocks that wait or are done. */
const minSlotsPerWorker = 4;
const maxSlotsPerWorker = 32;

/** The most elements of a worker's slots, if there are more than the least. */
const maxElementsPerWorker = 1 << 22;

/**
 * The bytes of a worker's slots that a call uses in turn: more than the caches of one core hold. A slot that is used
 * again sooner is still in the cache of the other core, and writing there takes about twice as long.
 */
const cycleBytes = 1 << 22;

/** The slots of all workers. Those of one worker are in a memory where its kernels compute in place. */
export class StagingSlots {
  /** The number of elements that each slot has room for: those of all its arrays together. */
  readonly capacity: number;
  readonly #control: Control;
  readonly #buffers: readonly SharedArrayBuffer[];
  readonly #slotsPerWorker: number;
  /** The unused slots. The one that has been unused for longest comes first. */
  #unused: number[] = [];

  constructor(pool: Pool, capacity: number) {
    this.capacity = capacity;
    this.#control = pool.control;
    const workers = pool.runningWorkers();
    const affordable = Math.floor(maxElementsPerWorker / capacity);
    const slotsPerWorker = Math.max(minSlotsPerWorker, Math.min(maxSlotsPerWorker, affordable));
    this.#slotsPerWorker = slotsPerWorker;
    const size = slotsPerWorker * capacity;
    const memories = workers.map(() => createKernelMemory(size));
    this.#buffers = memories.map((memory) =>
      memory ? openShared({ memory: memory.memory, threads: 0 }) : createShared(4 * size),
    );
    const { slotOwners, slotMemories, slotAddresses } = pool.control;
    for (let slot = 0; slot < Math.min(maxSlots, slotsPerWorker * workers.length); slot++) {
      const owner = slot % workers.length;
      const index = Math.floor(slot / workers.length);
      slotOwners[slot] = workers[owner];
      slotMemories[slot] = pool.numberOf(this.#buffers[owner]);
      slotAddresses[slot] = (memories[owner]?.address ?? 0) + 4 * index * capacity;
    }
  }

  /**
   * Makes slots available for a call.
   *
   * @param usedBytes the bytes of each slot that the call uses.
   */
  reset(usedBytes: number): void {
    const perWorker = Math.max(minSlotsPerWorker, Math.ceil(cycleBytes / usedBytes));
    const workers = this.#buffers.length;
    const count = Math.min(maxSlots, Math.min(perWorker, this.#slotsPerWorker) * workers);
    this.#unused = Array.from({ length: count }, (_, i) => i);
  }

  /** Returns a slot that no worker uses, late workers included; undefined if there is none. */
  acquire(): number | undefined {
    const { slotUsers } = this.#control;
    const place = this.#unused.findIndex((slot) => Atomics.load(slotUsers, slot) === 0);
    return place < 0 ? undefined : this.#unused.splice(place, 1)[0];
  }

  release(slot: number): void {
    this.#unused.push(slot);
  }

  /** Returns the first elements of a slot. */
  elements(slot: number, length: number): Float32Array {
    const buffer = this.#buffers[slot % this.#buffers.length];
    return new Float32Array(buffer, this.#control.slotAddresses[slot], length);
  }

  /** Returns the packed lines of a block in one of a slot's arrays; see `slotLines`. */
  lines(slot: number, array: number, slotLength: number, block: Block): Lines {
    const buffer = this.#buffers[slot % this.#buffers.length];
    return slotLines(this.#control, buffer, slot, array, slotLength, block);
  }
}

/** Returns the packed lines of a block in one of a slot's arrays. Each array has room for `slotLength` elements. */
export function slotLines(
  { slotAddresses }: Control,
  buffer: ArrayBufferLike,
  slot: number,
  array: number,
  slotLength: number,
  { length, lines }: Block,
): Lines {
  const start = slotAddresses[slot] + 4 * array * slotLength;
  return { array: new Float32Array(buffer, start, length * lines), offset: 0, stride: length };
}
