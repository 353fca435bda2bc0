// One call on all threads: the caller publishes tasks, and computes as many blocks as it can itself.
import { kernelMemoryOf } from "@surprisal/core/authoring";
import {
  activeKernels,
  constantOf,
  counter,
  type Job,
  jobArrays,
  noArray,
  noProduct,
  staged,
  writeJob,
} from "./control.ts";
import { copyLines, isInSharedMemory, type Lines } from "./copy.ts";
import type { CallMemory, OperationCall } from "./operationCall.ts";
import { maxInputs, scalarParametersOf } from "./operations.ts";
import { OrderedTasks } from "./orderedTasks.ts";
import { type Block, blockAt, divideIntoTasks, joinBlocks, type Partition } from "./partition.ts";
import type { Pool } from "./pool.ts";
import { type BlockOperation, compute, computeInPrivateBuffers } from "./privateBuffers.ts";
import { rowDataOf } from "./rows.ts";
import { isShared, mustBeStaged } from "./sharing.ts";
import { computeStaged, type StagedBlock } from "./stagedTasks.ts";
import type { StagingSlots } from "./stagingSlots.ts";
import {
  changeState,
  claimTask,
  done,
  enqueue,
  publish,
  queued,
  stateOf,
  stolen,
} from "./taskQueue.ts";
import { TaskWaiter } from "./taskWaiter.ts";

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
    const arrays: (Float32Array | undefined)[] = new Array(jobArrays).fill(undefined);
    for (let i = 0; i < inputs.length; i++) arrays[i] = inputs[i];
    for (let i = 0; i < outputs.length; i++) arrays[maxInputs + i] = outputs[i];
    this.#arrays = arrays;
    this.#isStaged = arrays.map(
      (array, i) =>
        array !== undefined && (i < maxInputs ? !isShared(array) : mustBeStaged(array, inputs)),
    );
    const isAllocated = kernelMemoryOf(inputs[0], ...arrays) !== undefined;
    const parameters = { weight, ...named, ...scalarParametersOf(call) };
    this.#operation = { ...parameters, operation, isAllocated };
    this.#isPrivate =
      partition.columnBlocks > 1 ||
      (!isAllocated && arrays.some((array) => array !== undefined && isInSharedMemory(array)));
  }

  /** Computes the blocks from `first` to `end`. */
  compute(first: number, end: number): void {
    const { control } = this.#pool;
    const { slots, rows } = this.#memory;
    writeJob(control, this.#job());
    Atomics.add(control.counters, counter.job, 1);
    if (slots === undefined) {
      this.#computeShared(first, end);
      return;
    }
    rows.load(first, end);
    const isUsed = (place: number) => this.#isStaged[place] || this.#isStaged[maxInputs + place];
    const usedPlaces = Array.from({ length: maxInputs }, (_, i) => isUsed(i)).filter(Boolean);
    slots.reset(4 * this.#memory.slotLength * usedPlaces.length);
    const complete = new Set<number>();
    const ordered = new OrderedTasks(
      end - first,
      (task) => complete.has(first + task),
      (from, to) => rows.store(first + from, first + to),
    );
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

  /** Publishes tasks as soon as their rows are loaded: every thread reads the arrays themselves. */
  #computeShared(first: number, end: number): void {
    const { control } = this.#pool;
    const { rows } = this.#memory;
    const start = Atomics.load(control.counters, counter.published);
    // Blocks that a thread copies are short, so that they stay in its caches. `jobArraysOf` says which ones workers copy.
    const mayJoin = this.#operation.isAllocated && this.#partition.inner === 1;
    const starts = divideIntoTasks(this.#partition, first, end, this.#pool.count(), mayJoin);
    const tasks = starts.length - 1;
    const numberOf = (task: number) => (start + task) | 0;
    const countOf = (task: number) => starts[task + 1] - starts[task];
    for (let task = 0; task < tasks; task++) {
      rows.load(starts[task], starts[task + 1]);
      enqueue(control, numberOf(task), { index: starts[task], count: countOf(task), slot: 0 });
      publish(control, 1);
    }
    const isComplete = (task: number) => {
      const state = stateOf(control, numberOf(task));
      return state === done || state === stolen;
    };
    const ordered = new OrderedTasks(tasks, isComplete, (from, to) =>
      rows.store(starts[from], starts[to]),
    );
    const compute = (task: number) => {
      const count = countOf(task);
      this.#waiter.time(() => this.#computeBlocks(starts[task], count), count);
      ordered.advance();
    };
    for (let number = claimTask(control); number !== undefined; number = claimTask(control)) {
      if (changeState(control, number, queued, stolen)) compute((number - start) | 0);
    }
    for (let task = 0; task < tasks; task++) {
      const result = this.#waiter.wait(numberOf(task), countOf(task));
      if (result === "takenOver" || result === "interrupted") compute(task);
      else ordered.advance();
    }
  }

  /** Computes a block, or several that follow each other. */
  #computeBlocks(index: number, count = 1): void {
    const block = joinBlocks(this.#partition, index, count);
    const { firstValue, numbers } = this.#memory.rows;
    const firstRow = block.firstValue - firstValue;
    const values = numbers?.values.subarray(firstRow, firstRow + block.values);
    const { inputs, outputs, named } = this.#call;
    if (values !== undefined && named && "blockLoss" in named) {
      named.blockLoss.compute(block.offset, block.offset + block.length, values);
      return;
    }
    const gradScale = constantOf(gradScaleOf(this.#call));
    const rows = numbers && values && rowDataOf(numbers, firstRow, gradScale, values);
    if (this.#isPrivate) {
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

function linesOf(array: Float32Array, { offset, stride }: Block): Lines {
  return { array, offset, stride };
}
