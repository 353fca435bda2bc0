// The caller's side: it cuts a call into blocks, hands them out, and computes as many as it can itself.
import { kernelMemoryOf, type RowData } from "@surprisal/core/authoring";
import {
  activeKernels,
  type Control,
  claim,
  counter,
  done,
  free,
  inSlot,
  isWriting,
  type Job,
  move,
  noArray,
  ring,
  ringLength,
  stolen,
  threadOf,
  writeJob,
} from "./control.ts";
import { copyLines, createShared, isInSharedMemory, type Lines } from "./copy.ts";
import { type Block, blockAt, type Cut, cutLayout, maxLength } from "./cut.ts";
import { type Operands, operations, type RowNumbers } from "./operations.ts";
import type { Pool } from "./pool.ts";
import { computePrivately } from "./privateBlock.ts";
import { rowBytes, rowsIn } from "./rows.ts";

declare const performance: { now(): number };

/** Rows whose numbers are in shared memory at once. */
const maxRows = 1 << 17;

/** Blocks that wait for each worker while the caller computes one, and room for those that are done. */
const waitingPerWorker = 2;
const slotsPerWorker = 4;

/**
 * The caller takes a block over that takes a worker as long again as its own last one, and this in
 * milliseconds: to wait longer would cost more than to compute it.
 */
const minPatience = 0.02;

/** A worker that takes longer to write one result is lost, in milliseconds. */
const writePatience = 1000;

/** After so long, the caller lets other threads run while it waits for a result, in milliseconds. */
const spinTime = 0.05;

/**
 * Where workers compute a smaller part of so many calls, the cores have other work: the next calls stay
 * with the caller, twice as many each time up to a limit. One call would tell too little, since a
 * thread that sleeps is too late for a small one.
 */
const minShare = 0.15;
const trialCalls = 6;
const maxSkipped = 32;

/** A call of an operation. With rows that have numbers, `rowData` brings and takes them. */
export interface Call extends Omit<Operands, "rows"> {
  readonly operation: number;
  readonly rowData: RowData | undefined;
}

/** Computes calls on all threads of a pool. */
export class Caller {
  readonly #pool: Pool;
  #isBusy = false;
  #skip = 0;
  #skipNext = trialCalls;
  #calls = 0;
  #shares = 0;
  #rows: { readonly buffer: SharedArrayBuffer; readonly capacity: number } | undefined;
  #slots: Slots | undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Computes a call; returns false, and does nothing, where it should stay on one thread. */
  run(call: Call): boolean {
    const threads = this.#pool.count();
    // A kernel that is called for a block asks again.
    if (this.#isBusy || threads < 2 || this.#isSkipped()) return false;
    const cut = cutLayout(call.layout, threads);
    if (cut === undefined) return false;
    const { rowData } = call;
    const total = cut.slabBlocks * cut.columnBlocks;
    const rowsPerBlock = cut.slabsPerBlock * cut.columnsPerBlock;
    const blocksAtOnce =
      rowData === undefined ? ringLength : Math.floor(maxRows / rowsPerBlock) - 1;
    let fromWorkers = 0;
    const step = Math.max(1, Math.min(ringLength, blocksAtOnce));
    for (let first = 0; first < total; first += step) {
      const end = Math.min(first + step, total);
      const firstRow = blockAt(cut, first).firstRow;
      const last = blockAt(cut, end - 1);
      const count = last.firstRow + last.rows - firstRow;
      const rows = rowData && this.#openRows(count);
      if (rows !== undefined) rowData?.load(firstRow, count, rows.targets, rows.gradScale);
      this.#isBusy = true;
      try {
        const run = new Run(this.#pool, this.#slotsFor(call, cut, threads - 1), call, cut, {
          firstRow,
          capacity: this.#rows?.capacity ?? 0,
          buffer: rowData && this.#rows?.buffer,
        });
        fromWorkers += run.compute(first, end);
      } finally {
        this.#isBusy = false;
      }
      if (rows !== undefined) rowData?.store(firstRow, count, rows.values);
    }
    this.#adapt(fromWorkers / total);
    return true;
  }

  #isSkipped(): boolean {
    if (this.#skip === 0) return false;
    this.#skip--;
    return true;
  }

  /** Notes the workers' share of a call, and decides about the next ones. */
  #adapt(share: number): void {
    this.#calls++;
    this.#shares += share;
    if (this.#calls < trialCalls) return;
    const isWorthwhile = this.#shares >= minShare * trialCalls;
    this.#skip = isWorthwhile ? 0 : this.#skipNext;
    this.#skipNext = isWorthwhile ? trialCalls : Math.min(maxSkipped, 2 * this.#skipNext);
    this.#calls = 0;
    this.#shares = 0;
  }

  #openRows(count: number): RowNumbers {
    if (this.#rows === undefined || this.#rows.capacity < count) {
      const capacity = 2 ** Math.ceil(Math.log2(Math.max(1 << 12, count)));
      this.#rows = { buffer: createShared(rowBytes(capacity)), capacity };
    }
    return rowsIn(this.#rows.buffer, this.#rows.capacity, 0, count);
  }

  #slotsFor({ inputs, output }: Call, cut: Cut, workers: number): Slots | undefined {
    const isAside = (array: Float32Array) => !isShared(array);
    if (!inputs.some(isAside) && !mustBeInSlot(output, inputs)) return undefined;
    const length = 16 * Math.ceil(maxLength(cut) / 16);
    const count = slotsPerWorker * workers;
    if (
      this.#slots === undefined ||
      this.#slots.isSpoilt ||
      this.#slots.length < length ||
      this.#slots.count < count
    ) {
      const buffer = createShared(4 * 3 * count * length);
      this.#slots = { buffer, length, count, isSpoilt: false };
    }
    return this.#slots;
  }
}

/** Shared memory for blocks of arrays that are not shared, three arrays each. */
interface Slots {
  readonly buffer: SharedArrayBuffer;
  readonly length: number;
  readonly count: number;
  /** Whether a worker may still write to it. */
  isSpoilt: boolean;
}

interface Rows {
  readonly firstRow: number;
  readonly capacity: number;
  readonly buffer: SharedArrayBuffer | undefined;
}

/** A block that was handed out: its number, its index in the cut, and its slot. */
interface Handed {
  readonly number: number;
  readonly index: number;
  readonly slot: number;
}

/** One run of blocks. */
class Run {
  readonly #pool: Pool;
  readonly #slots: Slots | undefined;
  readonly #call: Call;
  readonly #cut: Cut;
  readonly #rows: Rows;
  readonly #arrays: readonly (Float32Array | undefined)[];
  /** Whether each array passes through slots. */
  readonly #inSlot: readonly boolean[];
  readonly #isAllocated: boolean;
  /** Whether the caller too computes in memory of its own. */
  readonly #isPrivate: boolean;
  #blockTime = 0;
  #fromWorkers = 0;

  constructor(pool: Pool, slots: Slots | undefined, call: Call, cut: Cut, rows: Rows) {
    this.#pool = pool;
    this.#slots = slots;
    this.#call = call;
    this.#cut = cut;
    this.#rows = rows;
    const { inputs, output } = call;
    this.#arrays = [inputs[0], inputs[1], output];
    this.#inSlot = this.#arrays.map(
      (array, i) =>
        array !== undefined && (i === 2 ? mustBeInSlot(array, inputs) : !isShared(array)),
    );
    this.#isAllocated = kernelMemoryOf(inputs[0], ...inputs.slice(1), output) !== undefined;
    this.#isPrivate =
      cut.columnBlocks > 1 ||
      (!this.#isAllocated && this.#arrays.some((array) => array && isInSharedMemory(array)));
  }

  /** Computes the blocks from `first` to `end`. Returns how many of them workers have computed. */
  compute(first: number, end: number): number {
    const { control } = this.#pool;
    writeJob(control, this.#job());
    Atomics.add(control.counters, counter.job, 1);
    if (this.#slots === undefined) this.#computeShared(first, end);
    else this.#computeThroughSlots(this.#slots, first, end);
    return this.#fromWorkers;
  }

  #job(): Job {
    const { operation, temperature, empty } = this.#call;
    const { firstRow, capacity, buffer } = this.#rows;
    const [buffer0, buffer1, buffer2] = this.#arrays.map((array, i) => {
      if (array === undefined) return noArray;
      return this.#inSlot[i] ? inSlot : this.#pool.numberOf(array.buffer as SharedArrayBuffer);
    });
    const [offset0, offset1, offset2] = this.#arrays.map((array) => array?.byteOffset ?? 0);
    return {
      ...this.#cut,
      ...{ operation, temperature, empty, firstRow },
      kernels: activeKernels(),
      isAllocated: Number(this.#isAllocated),
      rowMemory: buffer === undefined ? noArray : this.#pool.numberOf(buffer),
      rowCapacity: capacity,
      slotMemory: this.#slots === undefined ? noArray : this.#pool.numberOf(this.#slots.buffer),
      slotLength: this.#slots?.length ?? 0,
      ...{ buffer0, offset0, buffer1, offset1, buffer2, offset2 },
    };
  }

  /** Hands out all blocks at once: every thread reads and writes the arrays themselves. */
  #computeShared(first: number, end: number): void {
    const { control } = this.#pool;
    const start = Atomics.load(control.counters, counter.published);
    for (let index = first; index < end; index++)
      this.#prepare((start + index - first) | 0, index, 0);
    this.#publish(end - first);
    this.#computeClaimed();
    for (let index = first; index < end; index++) {
      if (this.#await((start + index - first) | 0, index)) this.#fromWorkers++;
    }
  }

  /** Hands blocks out as they are asked for, and computes the next one while nobody asks. */
  #computeThroughSlots(slots: Slots, first: number, end: number): void {
    const { counters } = this.#pool.control;
    const workers = this.#pool.count() - 1;
    const unused = Array.from({ length: slots.count }, (_, slot) => slot);
    let handed: Handed[] = [];
    let number = Atomics.load(counters, counter.published);
    for (let next = first; next < end; next++) {
      handed = handed.filter((block) => {
        if (this.#stateOf(block.number) !== done) return true;
        this.#store(slots, block);
        unused.push(block.slot);
        return false;
      });
      const waiting = (number - Atomics.load(counters, counter.claimed)) | 0;
      const slot = waiting < waitingPerWorker * workers ? unused.pop() : undefined;
      if (slot === undefined) this.#computeHere(next);
      else {
        const block = { number, index: next, slot };
        this.#load(slots, block);
        this.#prepare(number, next, slot);
        this.#publish(1);
        handed.push(block);
        number = (number + 1) | 0;
      }
    }
    this.#computeClaimed();
    for (const block of handed) {
      if (this.#await(block.number, block.index)) this.#store(slots, block);
    }
  }

  #prepare(number: number, index: number, slot: number): void {
    const { states, blocks, slots } = this.#pool.control;
    const place = number & (ringLength - 1);
    blocks[place] = index;
    slots[place] = slot;
    Atomics.store(states, place, free);
  }

  #publish(count: number): void {
    const { control } = this.#pool;
    const { counters } = control;
    const published = Atomics.load(counters, counter.published);
    Atomics.store(counters, counter.published, (published + count) | 0);
    ring(control);
  }

  /** Claims and computes blocks until none is left. */
  #computeClaimed(): void {
    const { control } = this.#pool;
    for (let number = claim(control); number !== undefined; number = claim(control)) {
      const index = control.blocks[number & (ringLength - 1)];
      if (move(control, number, free, stolen)) this.#computeHere(index);
    }
  }

  /**
   * Waits for a block, and takes it over if that takes too long.
   *
   * @returns whether a worker has computed it.
   */
  #await(number: number, index: number): boolean {
    const { control } = this.#pool;
    const start = performance.now();
    const patience = minPatience + this.#blockTime;
    for (;;) {
      const state = this.#stateOf(number);
      if (state === done) return true;
      if (state === stolen) return false;
      const time = performance.now() - start;
      if (isWriting(state)) {
        if (time < writePatience) {
          if (time > spinTime) yieldCore(control);
          continue;
        }
        this.#pool.lose(threadOf(state), "it hangs");
        if (this.#slots !== undefined) this.#slots.isSpoilt = true;
      } else if (state !== free && time < patience) continue;
      if (move(control, number, state, stolen)) {
        if (state !== free) this.#pool.miss(threadOf(state));
        this.#computeHere(index);
        return false;
      }
    }
  }

  #stateOf(number: number): number {
    return Atomics.load(this.#pool.control.states, number & (ringLength - 1));
  }

  #computeHere(index: number): void {
    const start = performance.now();
    const block = blockAt(this.#cut, index);
    const { firstRow, capacity, buffer } = this.#rows;
    const rows = buffer && rowsIn(buffer, capacity, block.firstRow - firstRow, block.rows);
    if (this.#isPrivate) {
      const [x, y, output] = this.#arrays.map((array) => array && linesOf(array, block));
      const inputs = [x, y].filter((lines) => lines !== undefined);
      const parameters = { ...this.#call, isAllocated: Number(this.#isAllocated) };
      computePrivately(parameters, block, { inputs, output }, rows, () => true);
    } else {
      const { inputs, output, operation } = this.#call;
      const part = (array: Float32Array) =>
        array.subarray(block.offset, block.offset + block.length);
      operations[operation]({
        ...this.#call,
        inputs: inputs.map(part),
        output: output && part(output),
        layout: block.layout,
        rows,
      });
    }
    this.#blockTime = performance.now() - start;
  }

  /** Copies a block's inputs into its slot. */
  #load(slots: Slots, { index, slot }: Handed): void {
    const block = blockAt(this.#cut, index);
    this.#arrays.forEach((array, i) => {
      if (i < 2 && array !== undefined && this.#inSlot[i]) {
        copyLines(
          slotLines(slots, slot, i, block),
          linesOf(array, block),
          block.length,
          block.lines,
        );
      }
    });
  }

  /** Copies a result from its slot into the output. */
  #store(slots: Slots, { index, slot }: Handed): void {
    this.#fromWorkers++;
    const output = this.#arrays[2];
    if (output === undefined || !this.#inSlot[2]) return;
    const block = blockAt(this.#cut, index);
    copyLines(linesOf(output, block), slotLines(slots, slot, 2, block), block.length, block.lines);
  }
}

/** Sleeps a moment, where that is allowed: not on a page's main thread. */
function yieldCore({ counters }: Control): void {
  try {
    Atomics.wait(counters, counter.rest, 0, spinTime);
  } catch {
    // The caller goes on looking.
  }
}

function linesOf(array: Float32Array, { offset, stride }: Block): Lines {
  return { array, offset, stride };
}

function slotLines(slots: Slots, slot: number, array: number, { length, lines }: Block): Lines {
  const start = 4 * (3 * slot + array) * slots.length;
  return {
    array: new Float32Array(slots.buffer, start, length * lines),
    offset: 0,
    stride: length,
  };
}

function isShared({ buffer }: Float32Array): boolean {
  return typeof SharedArrayBuffer === "function" && buffer instanceof SharedArrayBuffer;
}

/**
 * Whether a result passes through slots: if its array is not shared, or is an input, too. What a
 * worker that dies has left half written could not be computed again.
 */
function mustBeInSlot(output: Float32Array | undefined, inputs: readonly Float32Array[]): boolean {
  if (output === undefined) return false;
  return (
    !isShared(output) ||
    inputs.some((input) => input.buffer === output.buffer && overlap(input, output))
  );
}

function overlap(a: Float32Array, b: Float32Array): boolean {
  return a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
}
