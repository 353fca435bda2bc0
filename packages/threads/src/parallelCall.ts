// One call on all threads: the caller publishes tasks, and computes as many blocks as it can itself.
import { kernelMemoryOf } from "@surprisal/core/authoring";
import {
  activeKernels,
  constantOf,
  counter,
  type Job,
  noArray,
  noProduct,
  staged,
  writeJob,
} from "./control.ts";
import { copyLines, isInSharedMemory, type Lines } from "./copy.ts";
import type { CallMemory, OperationCall } from "./operationCall.ts";
import { maxInputs, scalarParametersOf } from "./operations.ts";
import { OrderedBlocks } from "./orderedBlocks.ts";
import { type Block, blockAt, joinBlocks, type Partition } from "./partition.ts";
import type { Pool } from "./pool.ts";
import { type BlockOperation, compute, computeInPrivateBuffers } from "./privateBuffers.ts";
import { rowsIn } from "./rows.ts";
import { isShared, mustBeStaged } from "./sharing.ts";
import { computeStaged, type StagedBlock } from "./stagedTasks.ts";
import type { StagingSlots } from "./stagingSlots.ts";
import {
  changeState,
  claimTasks,
  done,
  enqueue,
  placeOf,
  publish,
  queued,
  stateOf,
  stolen,
} from "./taskQueue.ts";
import { TaskWaiter } from "./taskWaiter.ts";

/** A longer run would leave the caches. */
const maxRunLength = 64;

/** Computes the blocks of a call. */
export class ParallelCall {
  readonly #pool: Pool;
  readonly #call: OperationCall;
  readonly #partition: Partition;
  readonly #memory: CallMemory;
  readonly #arrays: readonly (Float32Array | undefined)[];
  readonly #isStaged: readonly boolean[];
  readonly #operation: BlockOperation;
  /** Whether the caller too computes in memory of its own. */
  readonly #isPrivate: boolean;
  readonly #waiter: TaskWaiter;

  constructor(pool: Pool, call: OperationCall, partition: Partition, memory: CallMemory) {
    this.#pool = pool;
    this.#call = call;
    this.#partition = partition;
    this.#memory = memory;
    this.#waiter = new TaskWaiter(pool);
    const { operation, weight, inputs, outputs, named } = call;
    this.#arrays = [...padded(inputs), ...padded(outputs)];
    this.#isStaged = this.#arrays.map(
      (array, i) =>
        array !== undefined && (i < maxInputs ? !isShared(array) : mustBeStaged(array, inputs)),
    );
    const given = this.#arrays.filter((array) => array !== undefined);
    const [first, ...others] = inputs;
    const isAllocated = kernelMemoryOf(first, ...others, ...outputs) !== undefined;
    const parameters = { weight, ...named, ...scalarParametersOf(call) };
    this.#operation = { ...parameters, operation, isAllocated };
    this.#isPrivate =
      partition.columnBlocks > 1 ||
      (!isAllocated && given.some((array) => isInSharedMemory(array)));
  }

  /**
   * Computes the blocks from `first` to `end`.
   *
   * @param store stores the values of the rows of some blocks. It is called in the order of the blocks.
   */
  compute(first: number, end: number, store: (first: number, end: number) => void): void {
    const { control } = this.#pool;
    const { slots } = this.#memory;
    writeJob(control, this.#job());
    Atomics.add(control.counters, counter.job, 1);
    if (slots === undefined) {
      this.#computeShared(first, end, store);
      return;
    }
    const isUsed = (place: number) => this.#isStaged[place] || this.#isStaged[maxInputs + place];
    const usedPlaces = Array.from({ length: maxInputs }, (_, i) => isUsed(i)).filter(Boolean);
    slots.reset(4 * this.#memory.slotLength * usedPlaces.length);
    const complete = new Set<number>();
    const ordered = new OrderedBlocks(first, end, (index) => complete.delete(index), store);
    const blocks = {
      stage: (block: StagedBlock) => this.#stage(slots, block),
      unstage: (block: StagedBlock) => {
        this.#unstage(slots, block);
        complete.add(block.index);
        ordered.advance();
      },
      compute: (index: number) => {
        this.#computeBlocks(index);
        complete.add(index);
        ordered.advance();
      },
    };
    computeStaged(this.#pool, slots, this.#waiter, blocks, first, end);
  }

  #job(): Job {
    const { operation, weight, named } = this.#call;
    const { rows, weights, shared, slotLength } = this.#memory;
    const buffers = this.#arrays.map((array, i) => {
      if (array === undefined) return noArray;
      return this.#isStaged[i] ? staged : this.#numberOf(array.buffer as SharedArrayBuffer);
    });
    if (named !== undefined) this.#pool.control.loss.set(named.text);
    return {
      ...this.#partition,
      ...scalarParametersOf(this.#call),
      operation,
      kernels: activeKernels(),
      isAllocated: Number(this.#operation.isAllocated),
      firstValue: rows.firstValue,
      rowMemory: this.#numberOf(rows.buffer),
      rowCapacity: rows.capacity,
      slotLength,
      weightMemory: this.#numberOf(weights),
      weightBytes: weight?.BYTES_PER_ELEMENT ?? 0,
      weightCount: weight?.length ?? 0,
      sharedMemory: this.#numberOf(shared),
      lossBytes: named?.text.length ?? 0,
      gradScale: gradScaleOf(this.#call),
      total: named && "total" in named ? named.total : 0,
      product: noProduct,
      shortRows: 0,
      wideStride: 0,
      buffers,
      offsets: this.#arrays.map((array) => array?.byteOffset ?? 0),
    };
  }

  #numberOf(buffer: SharedArrayBuffer | undefined): number {
    return buffer === undefined ? noArray : this.#pool.numberOf(buffer);
  }

  /** Publishes all tasks at once: every thread reads and writes the arrays themselves. */
  #computeShared(first: number, end: number, store: (first: number, end: number) => void): void {
    const { control } = this.#pool;
    const start = Atomics.load(control.counters, counter.published);
    for (let index = first; index < end; index++) {
      enqueue(control, (start + index - first) | 0, index, 0);
    }
    publish(control, end - first);
    const taskOf = (index: number) => (start + index - first) | 0;
    const isComplete = (index: number) => {
      const state = stateOf(control, taskOf(index));
      return state === done || state === stolen;
    };
    const ordered = new OrderedBlocks(first, end, isComplete, store);
    this.#computeRuns(ordered);
    for (let index = first; index < end; index++) {
      const result = this.#waiter.wait(taskOf(index));
      if (result === "takenOver" || result === "interrupted") this.#computeBlocks(index);
      ordered.advance();
    }
  }

  /**
   * Claims and computes runs of tasks until none is left. Each run is less than the caller's share of the tasks that are
   * left, because it stores the values of rows, too. Long runs cost little, and short ones at the end let all threads end
   * together.
   */
  #computeRuns(ordered: OrderedBlocks): void {
    const { control } = this.#pool;
    const parts = this.#pool.count();
    const countOf = (unclaimed: number) =>
      this.#isPrivate ? 1 : Math.ceil(Math.min(unclaimed, maxRunLength) / (parts + 1));
    for (let run = claimTasks(control, countOf); run; run = claimTasks(control, countOf)) {
      for (let i = 0; i < run.count; i++) {
        changeState(control, (run.first + i) | 0, queued, stolen);
      }
      const { first, count } = run;
      this.#waiter.time(() => this.#computeBlocks(control.blocks[placeOf(first)], count), count);
      ordered.advance();
    }
  }

  /** Computes a block, or several that follow each other. */
  #computeBlocks(index: number, count = 1): void {
    const block =
      count === 1 ? blockAt(this.#partition, index) : joinBlocks(this.#partition, index, count);
    const { firstValue, capacity, buffer } = this.#memory.rows;
    const rows = buffer && {
      ...rowsIn(buffer, capacity, block.firstValue - firstValue, block.values),
      constantGradScale: constantOf(gradScaleOf(this.#call)),
    };
    const { inputs, outputs, named } = this.#call;
    if (rows !== undefined && named && "blockLoss" in named) {
      named.blockLoss.compute(block.offset, block.offset + block.length, rows.values);
    } else if (this.#isPrivate) {
      const arrays = {
        inputs: inputs.map((array) => linesOf(array, block)),
        outputs: outputs.map((array) => array && linesOf(array, block)),
      };
      computeInPrivateBuffers(this.#operation, block, arrays, rows, () => true);
    } else {
      const end = block.offset + block.length;
      const arrays = {
        inputs: inputs.map((array) => array.subarray(block.offset, end)),
        outputs: outputs.map((array) => array?.subarray(block.offset, end)),
      };
      compute(this.#operation, arrays, block.layout, rows);
    }
  }

  /** Copies a block's inputs into its slot. */
  #stage(slots: StagingSlots, { index, slot }: StagedBlock): void {
    const block = blockAt(this.#partition, index);
    this.#call.inputs.forEach((input, i) => {
      if (!this.#isStaged[i]) return;
      const lines = slots.lines(slot, i, this.#memory.slotLength, block);
      copyLines(lines, linesOf(input, block), block.length, block.lines);
    });
  }

  /** Copies a worker's results from its slot into the outputs. */
  #unstage(slots: StagingSlots, { index, slot }: StagedBlock): void {
    const block = blockAt(this.#partition, index);
    this.#call.outputs.forEach((output, i) => {
      if (output === undefined || !this.#isStaged[maxInputs + i]) return;
      const lines = slots.lines(slot, i, this.#memory.slotLength, block);
      copyLines(linesOf(output, block), lines, block.length, block.lines);
    });
  }
}

/** Returns the upstream gradient of a job; see `Job`. */
function gradScaleOf({ named, outputs, rowData }: OperationCall): number {
  if (named && "blockLoss" in named) return named.blockLoss.gradScale ?? 0;
  const hasGradient = outputs.some((output) => output !== undefined);
  return hasGradient ? (rowData?.constantGradScale ?? Number.NaN) : 0;
}

/** Returns as many arrays as a job may have of a kind. */
function padded(arrays: readonly (Float32Array | undefined)[]): (Float32Array | undefined)[] {
  return Array.from({ length: maxInputs }, (_, i) => arrays[i]);
}

function linesOf(array: Float32Array, { offset, stride }: Block): Lines {
  return { array, offset, stride };
}
