// A product of matrices on all threads; see matrixProduct.ts.
import {
  activeKernels,
  counter,
  type Job,
  jobArrays,
  noArray,
  staged,
  writeJob,
} from "./control.ts";
import { copyLines, type Lines } from "./copy.ts";
import {
  addBlock,
  type BlockMatrices,
  type BlockRows,
  blockRows,
  type MatrixName,
  type MatrixProduct,
  matrixNames,
  partitionProduct,
  piecesOf,
  slotLayout,
} from "./matrixProduct.ts";
import { defaultParameters, scalarParametersOf } from "./operations.ts";
import type { Partition } from "./partition.ts";
import type { Pool } from "./pool.ts";
import { isShared } from "./sharing.ts";
import { computeStaged, type StagedBlock, type StagedBlocks } from "./stagedTasks.ts";
import type { StagingSlots } from "./stagingSlots.ts";
import { TaskWaiter } from "./taskWaiter.ts";

/** The memory that a product needs. */
export interface ProductMemory {
  readonly slots: StagingSlots;
  /** `short` in memory that threads share, unless it is the result. */
  readonly short: Float32Array | undefined;
  /** Room for the sums of some blocks, if `short` is the result. */
  readonly sums: Float32Array;
}

/** Computes the blocks of a product. */
export class ProductCall implements StagedBlocks {
  readonly #pool: Pool;
  readonly #product: MatrixProduct;
  readonly #arrays: BlockMatrices;
  readonly #memory: ProductMemory;
  readonly #partition: Partition;
  readonly #waiter: TaskWaiter;
  /** The block whose sum comes first in the memory of sums. */
  #firstSum = 0;

  constructor(pool: Pool, product: MatrixProduct, arrays: BlockMatrices, memory: ProductMemory) {
    this.#pool = pool;
    this.#product = product;
    this.#arrays = arrays;
    this.#memory = memory;
    this.#partition = partitionProduct(product);
    this.#waiter = new TaskWaiter(pool);
  }

  /** Computes all blocks. Those of a sum are computed in groups, because each needs memory for its own sum. */
  computeAll(): void {
    const { control } = this.#pool;
    const { slots, sums } = this.#memory;
    const { slabBlocks, slabsPerBlock } = this.#partition;
    const { length } = slotLayout(this.#product, slabsPerBlock);
    const isSum = this.#product.result === "short";
    const step = isSum ? Math.floor(sums.length / this.#sumLength()) : slabBlocks;
    writeJob(control, this.#job());
    Atomics.add(control.counters, counter.job, 1);
    for (let first = 0; first < slabBlocks; first += step) {
      const end = Math.min(first + step, slabBlocks);
      this.#firstSum = first;
      slots.reset(4 * length);
      computeStaged(this.#pool, slots, this.#waiter, this, first, end);
      if (isSum) this.#addSums(end - first);
    }
  }

  stage({ index, slot }: StagedBlock): void {
    for (const name of ["tall", "wide"] as const) {
      if (!isShared(this.#arrays[name])) {
        this.#copy(name, index, this.#inSlot(slot, name, index), this.#inArray(name, index));
      }
    }
  }

  unstage(block: StagedBlock): void {
    const { result } = this.#product;
    if (result === "short" || !isShared(this.#arrays[result])) this.complete(block);
  }

  complete({ index, slot }: StagedBlock): void {
    const { result } = this.#product;
    this.#copy(result, index, this.#inArray(result, index), this.#inSlot(slot, result, index));
  }

  compute(index: number): void {
    const block = this.#blockAt(index);
    const { tall, wide } = piecesOf(this.#product, block);
    const matrices = {
      tall: this.#arrays.tall.subarray(tall.offset),
      short: this.#product.result === "short" ? this.#sumOf(index).fill(0) : this.#arrays.short,
      wide: this.#arrays.wide.subarray(wide.offset),
    };
    addBlock(this.#product, matrices, block.rows, wide.stride, false);
  }

  #job(): Job {
    const { result, ...sizes } = this.#product;
    const shared: BlockMatrices = {
      ...this.#arrays,
      short: this.#memory.short ?? this.#arrays.short,
    };
    const arrays = matrixNames.map((name) => {
      const array = shared[name];
      return isShared(array) && !(name === result && name === "short") ? array : undefined;
    });
    return {
      ...this.#partition,
      ...scalarParametersOf(defaultParameters),
      ...sizes,
      ...unusedFields,
      operation: 0,
      product: matrixNames.indexOf(result),
      kernels: activeKernels(),
      buffers: padded(arrays).map((array, i) => {
        if (array !== undefined) return this.#pool.numberOf(array.buffer as SharedArrayBuffer);
        return i < matrixNames.length ? staged : noArray;
      }),
      offsets: padded(arrays).map((array) => array?.byteOffset ?? 0),
    };
  }

  /** Adds the sums of `count` blocks, in their order. */
  #addSums(count: number): void {
    const { sums } = this.#memory;
    const { short } = this.#arrays;
    const length = this.#sumLength();
    let i = 0;
    // Four at a time: most of the time is that of the accesses to memory.
    for (; i + 4 <= count; i += 4) {
      const [p, q, r, s] = [i, i + 1, i + 2, i + 3].map((block) => block * length);
      for (let k = 0; k < length; k++) {
        const pair = Math.fround(Math.fround(short[k] + sums[p + k]) + sums[q + k]);
        short[k] = Math.fround(pair + sums[r + k]) + sums[s + k];
      }
    }
    for (; i < count; i++) {
      for (let k = 0; k < length; k++) short[k] += sums[i * length + k];
    }
  }

  #sumLength(): number {
    return this.#product.shortRows * this.#product.size;
  }

  #sumOf(index: number): Float32Array {
    const length = this.#sumLength();
    const start = (index - this.#firstSum) * length;
    return this.#memory.sums.subarray(start, start + length);
  }

  #blockAt(index: number): BlockRows {
    return blockRows(this.#partition, index);
  }

  #copy(name: MatrixName, index: number, to: Lines, from: Lines): void {
    const { length, lines } = piecesOf(this.#product, this.#blockAt(index))[name];
    copyLines(to, from, length, lines);
  }

  /** Returns the lines of a block's matrix; those of a sum are in the memory of sums. */
  #inArray(name: MatrixName, index: number): Lines {
    if (name === "short") return { array: this.#sumOf(index), offset: 0, stride: 0 };
    const { offset, stride } = piecesOf(this.#product, this.#blockAt(index))[name];
    return { array: this.#arrays[name], offset, stride };
  }

  #inSlot(slot: number, name: MatrixName, index: number): Lines {
    const { slabsPerBlock } = this.#partition;
    const { rows } = this.#blockAt(index);
    const { places, strides, length } = slotLayout(this.#product, slabsPerBlock, rows);
    const array = this.#memory.slots.elements(slot, length);
    return { array, offset: places[name], stride: strides[name] };
  }
}

/** The fields of a job that only operations use. */
const unusedFields = {
  isAllocated: 0,
  firstValue: 0,
  rowMemory: noArray,
  rowCapacity: 0,
  slotLength: 0,
  weightMemory: noArray,
  weightBytes: 0,
  weightCount: 0,
  sharedMemory: noArray,
  lossBytes: 0,
  gradScale: 0,
  total: 0,
};

/** Returns as many arrays as a job has. */
function padded(arrays: readonly (Float32Array | undefined)[]): (Float32Array | undefined)[] {
  return Array.from({ length: jobArrays }, (_, i) => arrays[i]);
}
