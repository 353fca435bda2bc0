// A worker's part of a product of matrices. It computes a block in a slot, or in its own memory, so that the result is
// complete before any of it is written elsewhere.
import { adoptKernelMemory } from "@surprisal/core/authoring";
import { type Control, type Job, noArray, staged } from "./control.ts";
import { copyLines, type Lines, memoryOf } from "./copy.ts";
import {
  addBlock,
  blockMatrices,
  blockRows,
  type MatrixName,
  matrixNames,
  piecesOf,
  slotLayout,
} from "./matrixProduct.ts";
import { privateArray } from "./privateBuffers.ts";

interface ProductTask {
  readonly control: Control;
  readonly thread: number;
  readonly buffers: ReadonlyMap<number, SharedArrayBuffer>;
  readonly job: Job;
  /** The number of the block. */
  readonly index: number;
  readonly slot: number;
  /** Returns whether the result may be written: whether the task is still this thread's. */
  readonly mayWrite: () => boolean;
}

/** Computes a block of a product. Pieces of shared matrices are copied into the slot, and the result is copied back. */
export function computeProductTask(task: ProductTask): void {
  const { control, thread, buffers, job, slot, mayWrite } = task;
  const { slotOwners, slotMemories, slotAddresses } = control;
  const product = { ...job, result: matrixNames[job.product] };
  const block = blockRows(job, task.index);
  const pieces = piecesOf(product, block);
  const { places, strides, length } = slotLayout(product, job.slabsPerBlock, block.rows);
  const buffer = buffers.get(slotMemories[slot]);
  if (buffer === undefined) throw new Error("There is no memory of the slot.");
  const memory = memoryOf(buffer);
  const isOwn = slotOwners[slot] === thread && memory !== undefined;
  if (isOwn) adoptKernelMemory(memory.memory, memory.buffer);
  const slotArray = new Float32Array(buffer, slotAddresses[slot], length);
  const own = isOwn ? slotArray : privateArray(0, length, false);

  const copy = (name: MatrixName, to: Lines, from: Lines) =>
    copyLines(to, from, pieces[name].length, pieces[name].lines);
  const inside = (array: Float32Array, name: MatrixName): Lines => ({
    array,
    offset: places[name],
    stride: strides[name],
  });
  /** Returns the lines of a matrix that threads share. */
  const sharedLines = (name: MatrixName): Lines | undefined => {
    const i = matrixNames.indexOf(name);
    const number = job.buffers[i];
    if (number === staged || number === noArray) return undefined;
    const { offset, stride, length, lines } = pieces[name];
    const shared = buffers.get(number);
    if (shared === undefined) throw new Error(`There is no buffer ${number}.`);
    const start = job.offsets[i] + 4 * offset;
    const elements = (lines - 1) * stride + length;
    return { array: new Float32Array(shared, start, elements), offset: 0, stride };
  };

  for (const name of matrixNames) {
    const shared = sharedLines(name);
    if (shared !== undefined) copy(name, inside(own, name), shared);
    else if (!isOwn) copy(name, inside(own, name), inside(slotArray, name));
  }
  const { result } = product;
  // Each sum begins at zero. The caller adds the sums in their order.
  if (result === "short") own.fill(0, places.short, places.short + pieces.short.length);
  addBlock(product, blockMatrices(own, places), block.rows, strides.wide, true);
  if (!isOwn) copy(result, inside(slotArray, result), inside(own, result));
  if (!mayWrite()) return;
  const shared = sharedLines(result);
  if (shared !== undefined) copy(result, shared, inside(slotArray, result));
}
