// Decides which calls are computed on all threads, and prepares the memory that they share.
import {
  bitwiseOrKernel,
  type KernelArray,
  type NamedLoss,
  type RowData,
} from "@surprisal/core/authoring";
import { counter, queueCapacity } from "./control.ts";
import { createShared } from "./copy.ts";
import { partitionProduct } from "./matrixProduct.ts";
import { type BlockForm, lossText } from "./namedLoss.ts";
import {
  type CallMemory,
  computeAlone,
  kindOf,
  type OperationCall,
  type SharedRows,
} from "./operationCall.ts";
import { ParallelCall } from "./parallelCall.ts";
import { blockAt, maxLength, type Partition, partitionLayout } from "./partition.ts";
import type { Pool } from "./pool.ts";
import {
  elementsOf,
  kindOf as kindOfProduct,
  ProductRunner,
  type ProductTerms,
} from "./productRunner.ts";
import { rowBytes, rowsIn, weightsIn } from "./rows.ts";
import { isInPlace } from "./sharing.ts";
import { SpeedupMonitor } from "./speedup.ts";
import { StagingSlots } from "./stagingSlots.ts";
import { spinTime } from "./taskLoop.ts";
import { areAsleep } from "./taskQueue.ts";
import { abandonTasks } from "./taskWaiter.ts";

declare const performance: { now(): number };

/** The values of rows that are in shared memory at once. */
const maxValues = 1 << 18;

/** Waking a worker takes so much of the time of a smaller call that it pays only if other calls follow. */
const minWakingLength = 1 << 18;

/** Replaces the upstream gradients if all rows have the same one. */
const noGradScale = /* @__PURE__ */ new Float64Array();

/** The rows of a call whose rows have no numbers. */
const noRows: SharedRows = {
  firstValue: 0,
  numbers: undefined,
  capacity: 0,
  buffer: undefined,
  load() {},
  store() {},
};

/** Computes calls on all threads of a pool. */
export class Scheduler {
  readonly #pool: Pool;
  readonly #products: ProductRunner;
  readonly #speedup = new SpeedupMonitor();
  #isBusy = false;
  #rowMemory: SharedArrayBuffer | undefined;
  #rowCapacity = 0;
  #weights: SharedArrayBuffer | undefined;
  #shared: SharedArrayBuffer | undefined;
  #slots: StagingSlots | undefined;
  #slotThreads = 0;
  #lastCall = Number.NEGATIVE_INFINITY;

  constructor(pool: Pool) {
    this.#pool = pool;
    this.#products = new ProductRunner(pool, (capacity) => this.#slotsOf(capacity));
  }

  /** Returns the number of threads that were started, lost workers included. */
  threads(): number {
    return this.#pool.size();
  }

  /** Computes a call. Returns false, and does nothing, if the call should stay on one thread. */
  run(call: OperationCall): boolean {
    const { length } = call.inputs[0];
    if (!this.#mayRun(length)) return false;
    const partition = partitionLayout(call.layout, this.#pool.count(), call.valuesPerRow);
    if (partition === undefined) return false;
    const together = () => {
      const memory = this.#open(call, partition);
      if (memory !== undefined) this.#compute(call, partition, memory);
      return memory !== undefined;
    };
    this.#time(kindOf(call), length, { together, alone: () => computeAlone(call) });
    return true;
  }

  /** Computes a product of matrices. Returns false, and does nothing, if it should stay on one thread. */
  runProduct({ product, arrays, computeAlone }: ProductTerms): boolean {
    const elements = elementsOf(product);
    if (!this.#mayRun(elements) || partitionProduct(product).slabBlocks < 2) return false;
    const together = () => this.#products.run(product, arrays);
    this.#time(kindOfProduct(product, arrays), elements, { together, alone: computeAlone });
    return true;
  }

  /** Returns whether a call of so many elements may be computed on all threads. */
  #mayRun(elements: number): boolean {
    // A kernel that is called for a block asks again.
    return !this.#isBusy && this.#pool.count() > 1 && !this.#isLonelyCall(elements);
  }

  /** Computes a call in the way that is faster for its kind. */
  #time(
    kind: string,
    elements: number,
    { together, alone }: { together(): boolean; alone(): void },
  ): void {
    const way = this.#speedup.wayOf(kind);
    const firstTask = Atomics.load(this.#pool.control.counters, counter.published);
    this.#isBusy = true;
    try {
      const start = performance.now();
      if (way === "alone" || !together()) alone();
      this.#speedup.note(kind, way, elements, performance.now() - start);
    } catch (error) {
      abandonTasks(this.#pool, firstTask);
      throw error;
    } finally {
      this.#isBusy = false;
      this.#lastCall = performance.now();
    }
  }

  /**
   * Returns the text by which workers find a loss; undefined if they have it in another version, or there is no text
   * of it.
   */
  textOf(loss: NamedLoss, form?: BlockForm): Uint8Array | undefined {
    return loss.version === this.#pool.lossVersion() ? lossText(loss, form) : undefined;
  }

  /** Returns whether a call is small, the workers sleep, and the last call is long ago. */
  #isLonelyCall(elements: number): boolean {
    const time = performance.now();
    const isFirst = time - this.#lastCall > spinTime;
    this.#lastCall = time;
    return isFirst && elements < minWakingLength && areAsleep(this.#pool.control);
  }

  /** Returns the shared memory that a call needs; undefined if the runtime has no room for it. */
  #open(call: OperationCall, partition: Partition): PreparedMemory | undefined {
    const step = call.rowData === undefined ? queueCapacity : blocksOfValues(partition, maxValues);
    try {
      const weights = call.weight && this.#shareWeights(call.weight);
      const shared = call.shared.length > 0 ? this.#share(call.shared) : undefined;
      if (call.rowData !== undefined) this.#openRows(valuesOf(partition, 0, step).count);
      return { step, weights, shared, ...this.#slotsFor(call, partition) };
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  /** Computes a call on all threads, several thousand blocks at a time. */
  #compute(call: OperationCall, partition: Partition, memory: PreparedMemory): void {
    const { rowData, receiveBits } = call;
    const { step } = memory;
    receiveBits?.(bitwiseOrKernel(call.inputs[1]));
    const total = partition.slabBlocks * partition.columnBlocks;
    for (let first = 0; first < total; first += step) {
      const end = Math.min(first + step, total);
      const rows = rowData ? this.#sharedRows(rowData, partition, first, end) : noRows;
      new ParallelCall(this.#pool, call, partition, { ...memory, rows }).compute(first, end);
    }
  }

  /** Returns shared memory for the rows of the blocks from `first` to `end`. */
  #sharedRows(rowData: RowData, partition: Partition, first: number, end: number): SharedRows {
    const { firstValue, count } = valuesOf(partition, first, end);
    const numbers = this.#openRows(count);
    const { targets, gradScale, values } = numbers;
    const partOf = (firstBlock: number, endBlock: number) => {
      const part = valuesOf(partition, firstBlock, endBlock);
      const start = part.firstValue - firstValue;
      return { ...part, start, stop: start + part.count };
    };
    return {
      firstValue,
      numbers,
      capacity: this.#rowCapacity,
      buffer: this.#rowMemory,
      load(firstBlock, endBlock) {
        const part = partOf(firstBlock, endBlock);
        // A constant is in the job. Then `load` gets an empty array, and what it writes there has no effect.
        const scales =
          rowData.constantGradScale === undefined
            ? gradScale.subarray(part.start, part.stop)
            : noGradScale;
        rowData.load(part.firstValue, part.count, targets.subarray(part.start, part.stop), scales);
      },
      store(firstBlock, endBlock) {
        const part = partOf(firstBlock, endBlock);
        rowData.store(part.firstValue, part.count, values.subarray(part.start, part.stop));
      },
    };
  }

  /** Returns shared memory for the numbers of rows, which is kept for the next call. */
  #openRows(count: number) {
    if (this.#rowMemory === undefined || this.#rowCapacity < count) {
      const capacity = 2 ** Math.ceil(Math.log2(Math.max(1 << 12, count)));
      this.#rowMemory = createShared(rowBytes(capacity));
      this.#rowCapacity = capacity;
    }
    return rowsIn(this.#rowMemory, this.#rowCapacity);
  }

  /** Copies the weights of classes or losses into shared memory. */
  #shareWeights(weight: KernelArray): SharedArrayBuffer {
    if (this.#weights === undefined || this.#weights.byteLength < weight.byteLength) {
      this.#weights = createShared(weight.byteLength);
    }
    weightsIn(this.#weights, weight.BYTES_PER_ELEMENT, weight.length).set(weight);
    return this.#weights;
  }

  /** Copies arrays into shared memory, one after another. */
  #share(arrays: readonly ArrayLike<number>[]): SharedArrayBuffer {
    const count = arrays.reduce((sum, { length }) => sum + length, 0);
    if (this.#shared === undefined || this.#shared.byteLength < 4 * count) {
      this.#shared = createShared(4 * count);
    }
    const numbers = new Float32Array(this.#shared);
    let offset = 0;
    for (const array of arrays) {
      numbers.set(array, offset);
      offset += array.length;
    }
    return this.#shared;
  }

  /** Returns slots for the blocks of arrays that are not shared; none where all are. */
  #slotsFor(call: OperationCall, partition: Partition) {
    if (isInPlace(call)) return { slots: undefined, slotLength: 0 };
    const slotLength = 16 * Math.ceil(maxLength(partition) / 16);
    const capacity = slotLength * Math.max(call.inputs.length, call.outputs.length);
    return { slots: this.#slotsOf(capacity), slotLength };
  }

  /** Returns slots with room for so many elements each, which are kept for the next call. */
  #slotsOf(capacity: number): StagingSlots {
    const threads = this.#pool.count();
    const hasRoom = this.#slots !== undefined && this.#slots.capacity >= capacity;
    if (this.#slots === undefined || !hasRoom || this.#slotThreads !== threads) {
      this.#slots = new StagingSlots(this.#pool, capacity);
      this.#slotThreads = threads;
    }
    return this.#slots;
  }
}

/** The memory of a call, and how many blocks it is for at once. */
interface PreparedMemory extends Omit<CallMemory, "rows"> {
  readonly step: number;
}

/** Returns the values of the blocks from `first` to `end`. */
function valuesOf(partition: Partition, first: number, end: number) {
  const { firstValue } = blockAt(partition, first);
  const last = blockAt(partition, Math.min(end, partition.slabBlocks * partition.columnBlocks) - 1);
  return { firstValue, count: last.firstValue + last.values - firstValue };
}

/** Returns how many blocks have at most so many values, the larger last block among them. */
function blocksOfValues(partition: Partition, values: number): number {
  const { slabsPerBlock, columnsPerBlock, valuesPerRow } = partition;
  const blocks = Math.floor(values / (slabsPerBlock * columnsPerBlock * valuesPerRow)) - 1;
  return Math.max(1, Math.min(queueCapacity, blocks));
}
