import { elements } from "../../generated/elements.ts";
import { stagingEnd } from "../../generated/memoryMap.ts";
import type { KernelArray } from "../../types.ts";
import { activeInstructionSet } from "../backend.ts";
import { elementBlockLength, maxElementBlocks, minWasmLength } from "../limits.ts";
import { type Instance, instanceOwning, instantiateOwner, linkExports } from "./instance.ts";
import type { InstructionSet } from "./instance.ts";

/** Kernels whose arguments are the addresses of arrays (0 for none) and the number of elements. */
export type ElementKernelName =
  | "exp"
  | "expm1"
  | "log"
  | "log1p"
  | "tanh"
  | "sigmoid"
  | "softplus"
  | "softplusSigmoid"
  | "logSigmoid"
  | "logAddExp"
  | "squaredDifference"
  | "binaryCrossEntropy";

/** The functions that the compiled element kernels export. A number of elements is a multiple of four. */
interface Exports extends Record<ElementKernelName, (...addressesAndCount: number[]) => void> {
  sum(x: number, count: number): number;
  scale(x: number, factor: number, count: number): void;
}

/** A memory of its own for element kernels, so that blocks survive every other kernel. */
interface BlockMemory {
  readonly owner: Instance;
  /** The number of blocks handed out so far. */
  blockCount: number;
}

const blockBytes = 4 * elementBlockLength;

const memories = /* @__PURE__ */ new Map<InstructionSet, BlockMemory>();

function blockMemory(instructionSet: InstructionSet): BlockMemory {
  let memory = memories.get(instructionSet);
  if (memory === undefined) {
    const owner = instantiateOwner(instructionSet, maxElementBlocks * blockBytes);
    memory = { owner, blockCount: 0 };
    memories.set(instructionSet, memory);
  }
  return memory;
}

/** Returns a new block in the kernels' memory, where kernels need not copy it; undefined if there is no room. */
export function newBlock(instructionSet: InstructionSet): Float32Array | undefined {
  const memory = blockMemory(instructionSet);
  if (memory.blockCount === maxElementBlocks) return undefined;
  const address = stagingEnd + blockBytes * memory.blockCount++;
  return new Float32Array(memory.owner.memory.buffer, address, elementBlockLength);
}

/**
 * Computes in place where the kernels own the arrays' memory, else in blocks of the staging buffer.
 *
 * @param arrays the inputs, then the outputs, of which the last may be left out.
 * @returns whether it computed the call: not for float64, few elements, or without WebAssembly.
 */
export function runElements(
  name: ElementKernelName,
  inputCount: number,
  arrays: readonly (KernelArray | undefined)[],
  count: number,
): boolean {
  const instructionSet = activeInstructionSet();
  if (instructionSet === undefined || count < minWasmLength || !areFloat32(arrays)) return false;
  const [first, ...others] = arrays;
  if (first === undefined) return false;
  const owner = instanceOwning(instructionSet, first, ...others);
  const inPlace = owner === undefined ? 0 : count & ~3;
  if (owner !== undefined) {
    const addresses = arrays.map((array) => array?.byteOffset ?? 0);
    linkExports<Exports>(owner, elements)[name](...addresses, inPlace);
  }
  const { owner: instance } = blockMemory(instructionSet);
  for (let start = inPlace; start < count; start += elementBlockLength) {
    const end = Math.min(count, start + elementBlockLength);
    runStaged(instance, name, inputCount, arrays, start, end);
  }
  return true;
}

/** Computes the elements from `start` to `end`, one block at most, in the staging buffer. */
function runStaged(
  instance: Instance,
  name: ElementKernelName,
  inputCount: number,
  arrays: readonly (Float32Array | undefined)[],
  start: number,
  end: number,
): void {
  const { staging } = instance;
  const offset = (i: number) => i * elementBlockLength;
  for (let i = 0; i < inputCount; i++) {
    const input = arrays[i];
    if (input !== undefined) staging.set(input.subarray(start, end), offset(i));
  }
  const addresses = arrays.map((array, i) => (array ? staging.byteOffset + 4 * offset(i) : 0));
  linkExports<Exports>(instance, elements)[name](...addresses, (end - start + 3) & ~3);
  for (let i = inputCount; i < arrays.length; i++) {
    arrays[i]?.set(staging.subarray(offset(i), offset(i) + end - start), start);
  }
}

/** Multiplies the elements of a block in the kernels' memory. Returns whether it did; `count` may be rounded up. */
export function scaleBlock(x: KernelArray, factor: number, count: number): boolean {
  const owner = ownerOfBlock(x, count);
  if (owner === undefined) return false;
  linkExports<Exports>(owner, elements).scale(x.byteOffset, factor, (count + 3) & ~3);
  return true;
}

/** Returns the sum of the elements of a block in the kernels' memory, in float64; undefined for other arrays. */
export function sumBlock(x: ArrayLike<number>, count: number): number | undefined {
  const owner = ownerOfBlock(x, count);
  if (owner === undefined || !(x instanceof Float32Array)) return undefined;
  const whole = count & ~3;
  let sum = linkExports<Exports>(owner, elements).sum(x.byteOffset, whole);
  for (let i = whole; i < count; i++) sum += x[i];
  return sum;
}

/** Returns the instance that a block belongs to, if its kernels are in use. */
function ownerOfBlock(x: ArrayLike<number>, count: number): Instance | undefined {
  const instructionSet = activeInstructionSet();
  if (instructionSet === undefined || count < minWasmLength) return undefined;
  const owner = memories.get(instructionSet)?.owner;
  return x instanceof Float32Array && x.buffer === owner?.memory.buffer ? owner : undefined;
}

function areFloat32(
  arrays: readonly (KernelArray | undefined)[],
): arrays is readonly (Float32Array | undefined)[] {
  return arrays.every((array) => array === undefined || array instanceof Float32Array);
}
