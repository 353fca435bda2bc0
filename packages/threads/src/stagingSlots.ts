// Shared memory that blocks pass through on their way to a worker and back.
import { createKernelMemory } from "@surprisal/core/authoring";
import { type Control, maxSlots } from "./control.ts";
import { createShared, type Lines, openShared } from "./copy.ts";
import type { Block } from "./partition.ts";
import type { Pool } from "./pool.ts";

/** One for the block that a worker computes, others for those that wait or are done. */
const slotsPerWorker = 4;

/** The slots of all workers. Those of one worker are in a memory where its kernels compute in place. */
export class StagingSlots {
  /** The number of elements that each slot has room for: those of all its arrays together. */
  readonly capacity: number;
  readonly #control: Control;
  readonly #buffers: readonly SharedArrayBuffer[];
  #unused: number[] = [];

  constructor(pool: Pool, capacity: number) {
    this.capacity = capacity;
    this.#control = pool.control;
    const workers = pool.runningWorkers();
    const size = slotsPerWorker * capacity;
    const memories = workers.map(() => createKernelMemory(size));
    this.#buffers = memories.map((memory) =>
      memory ? openShared(memory.memory) : createShared(4 * size),
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

  /** Makes every slot available. */
  reset(): void {
    const count = Math.min(maxSlots, slotsPerWorker * this.#buffers.length);
    this.#unused = Array.from({ length: count }, (_, i) => count - 1 - i);
  }

  /** Returns a slot that no worker uses, late workers included; undefined if there is none. */
  acquire(): number | undefined {
    const { slotUsers } = this.#control;
    for (let i = this.#unused.length - 1; i >= 0; i--) {
      const slot = this.#unused[i];
      if (Atomics.load(slotUsers, slot) > 0) continue;
      this.#unused.splice(i, 1);
      return slot;
    }
    return undefined;
  }

  release(slot: number): void {
    this.#unused.push(slot);
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
