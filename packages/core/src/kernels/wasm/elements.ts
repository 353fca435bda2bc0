import { blocks } from "../../generated/blocks.ts";
import { stagingEnd } from "../../generated/memoryMap.ts";
import type { KernelArray } from "../../types.ts";
import { activeInstructionSet, registeredBackend, tryLink } from "../backend.ts";
import type { ElementKernelName } from "../elementInterface.ts";
import { elementBlockLength, maxElementBlocks, minWasmLength } from "../limits.ts";
import {
  type Instance,
  type InstructionSet,
  instanceOwning,
  instantiateOwner,
  type KernelBinary,
  linkExports,
} from "./instance.ts";
import { isFloat32 } from "./kernels.ts";

/** The arguments are the addresses of two to four arrays (0 for none), and the number of elements. */
type CompiledKernel = (a: number, b: number, ...rest: number[]) => void;

/** The arguments are the addresses of blocks, the number of elements, and further numbers. */
type BlockKernel = (...args: number[]) => void;

/** The functions that modules of element kernels export. A number of elements is a multiple of four. */
type ElementExports = Readonly<Record<ElementKernelName, CompiledKernel>>;

/** Further functions of the module `blocks`. */
interface BlockExports {
  sum(x: number, count: number): number;
  scale(x: number, high: number, low: number, count: number): void;
}

/** A memory of its own for element kernels, so that blocks survive every other kernel. */
export interface BlockMemory {
  readonly owner: Instance;
  readonly buffer: ArrayBufferLike;
  /** The number of blocks handed out so far. */
  blockCount: number;
}

const blockBytes = 4 * elementBlockLength;

const memories = /* @__PURE__ */ new Map<InstructionSet, BlockMemory>();

/** Returns the memory of element kernels; undefined if the runtime refuses the kernels when they are linked. */
export function blockMemory(instructionSet: InstructionSet): BlockMemory | undefined {
  const known = memories.get(instructionSet);
  if (known !== undefined) return known;
  return tryLink(instructionSet, () => {
    const owner = instantiateOwner(instructionSet, maxElementBlocks * blockBytes, false);
    const memory = { owner, buffer: owner.memory.buffer, blockCount: 0 };
    memories.set(instructionSet, memory);
    return memory;
  });
}

/** Returns the exports of a module in that memory; undefined if the runtime refuses the module. */
export function kernelsOf<Exports>(
  { owner }: BlockMemory,
  binary: KernelBinary,
): Exports | undefined {
  const linked = owner.linkedExports.get(binary) as Exports | undefined;
  return linked ?? tryLink(owner.instructionSet, () => linkExports<Exports>(owner, binary));
}

/** Returns a new block in the kernels' memory, where kernels need not copy it; undefined if there is no room. */
export function newBlock(instructionSet: InstructionSet): Float32Array | undefined {
  const memory = blockMemory(instructionSet);
  if (memory === undefined || memory.blockCount === maxElementBlocks) return undefined;
  const address = stagingEnd + blockBytes * memory.blockCount++;
  return new Float32Array(memory.buffer, address, elementBlockLength);
}

/**
 * Computes two to four arrays in place where the kernels own their memory, else in blocks of the staging buffer.
 *
 * @param binary the module that has the kernel.
 * @param inputCount how many of the arrays are inputs. The others are outputs.
 * @returns whether it computed the call: not for float64, few elements, or without WebAssembly.
 */
export function runElements(
  binary: KernelBinary,
  name: ElementKernelName,
  inputCount: number,
  count: number,
  a: KernelArray,
  b: KernelArray,
  c?: KernelArray,
  d?: KernelArray,
): boolean {
  const instructionSet = activeInstructionSet();
  if (instructionSet === undefined || count < minWasmLength) return false;
  if (!isFloat32(a) || !isFloat32(b) || !isFloat32OrNone(c) || !isFloat32OrNone(d)) return false;
  const backend = registeredBackend();
  if (backend?.elementwise !== undefined) {
    const [second, out, none] = inputCount === 1 ? [undefined, b, c] : [b, c, d];
    const inputs = second === undefined ? [a] : [a, second];
    if (out && !none && backend.elementwise(name, inputs, out, count)) return true;
  }
  const memory = blockMemory(instructionSet);
  const kernels = memory && kernelsOf<ElementExports>(memory, binary);
  if (memory === undefined || kernels === undefined) return false;
  const owner = ownerOf(memory, a, b, c, d);
  const inPlace = owner === undefined ? 0 : count & ~3;
  if (owner !== undefined) {
    const ownKernels = linkExports<typeof kernels>(owner, binary);
    call(ownKernels[name], a.byteOffset, b.byteOffset, c?.byteOffset, d?.byteOffset, inPlace);
  }
  if (inPlace === count) return true;
  for (let start = inPlace; start < count; start += elementBlockLength) {
    const end = Math.min(count, start + elementBlockLength);
    runStaged(memory, kernels[name], inputCount, [a, b, c, d], start, end);
  }
  return true;
}

/** Returns the instance whose memory holds all of the arrays, if there is one. */
function ownerOf(
  { buffer, owner }: BlockMemory,
  a: Float32Array,
  b: Float32Array,
  c: Float32Array | undefined,
  d: Float32Array | undefined,
): Instance | undefined {
  const first = a.buffer;
  if (b.buffer !== first || (c ?? a).buffer !== first || (d ?? a).buffer !== first)
    return undefined;
  return first === buffer ? owner : instanceOwning(owner.instructionSet, a);
}

/** Calls a kernel of two to four arrays. Losses have four. The last may be missing: address 0. */
function call(
  kernel: CompiledKernel,
  a: number,
  b: number,
  c: number | undefined,
  d: number | undefined,
  count: number,
): void {
  if (d !== undefined || kernel.length === 5) kernel(a, b, c ?? 0, d ?? 0, count);
  else if (c !== undefined) kernel(a, b, c, count);
  else kernel(a, b, count);
}

/** Computes the elements from `start` to `end`, one block at most, in the staging buffer. */
function runStaged(
  { owner: { staging } }: BlockMemory,
  kernel: CompiledKernel,
  inputCount: number,
  arrays: readonly (Float32Array | undefined)[],
  start: number,
  end: number,
): void {
  for (let i = 0; i < inputCount; i++) {
    const input = arrays[i];
    if (input !== undefined) staging.set(input.subarray(start, end), i * elementBlockLength);
  }
  const [a, b, c, d] = arrays.map((array, i) => array && staging.byteOffset + i * blockBytes);
  call(kernel, a ?? 0, b ?? 0, c, d, (end - start + 3) & ~3);
  for (let i = inputCount; i < arrays.length; i++) {
    const from = i * elementBlockLength;
    arrays[i]?.set(staging.subarray(from, from + end - start), start);
  }
}

/**
 * Computes blocks in the kernels' memory, with further numbers for the kernel.
 *
 * @param arrays inputs and outputs; undefined for an output that is not wanted.
 * @returns whether it did: not for other arrays, few elements, or without WebAssembly.
 */
export function runBlocks<Name extends string>(
  binary: KernelBinary,
  name: Name,
  count: number,
  arrays: readonly (KernelArray | undefined)[],
  ...numbers: readonly number[]
): boolean {
  const memory = memoryOfBlocks(arrays, count);
  const kernels = memory && kernelsOf<Record<Name, BlockKernel>>(memory, binary);
  if (kernels === undefined) return false;
  const addresses = arrays.map((array) => array?.byteOffset ?? 0);
  kernels[name](...addresses, (count + 3) & ~3, ...numbers);
  return true;
}

/** Float32 holds two parts of factors from here on. */
const minFactor = 2 ** -100;

/** Multiplies the elements of a block in the kernels' memory. Returns whether it did; `count` may be rounded up. */
export function scaleBlock(x: KernelArray, factor: number, count: number): boolean {
  const kernels = kernelsOfBlock(x, count);
  const high = Math.fround(factor);
  const isSupported = factor === 0 || (Math.abs(factor) >= minFactor && Number.isFinite(high));
  if (kernels === undefined || !isSupported) return false;
  kernels.scale(x.byteOffset, high, factor - high, (count + 3) & ~3);
  return true;
}

/** Returns the sum of the elements of a block in the kernels' memory, in float64; undefined for other arrays. */
export function sumBlock(x: ArrayLike<number>, count: number): number | undefined {
  const kernels = kernelsOfBlock(x, count);
  if (kernels === undefined || !(x instanceof Float32Array)) return undefined;
  const whole = count & ~3;
  let sum = kernels.sum(x.byteOffset, whole);
  for (let i = whole; i < count; i++) sum += x[i];
  return sum;
}

/** Returns the arithmetic of the kernels in use if the block is in their memory. */
function kernelsOfBlock(x: ArrayLike<number>, count: number): BlockExports | undefined {
  const memory = memoryOfBlocks([x], count);
  return memory && kernelsOf<BlockExports>(memory, blocks);
}

/** Returns the memory of the kernels in use if all blocks are in it. */
function memoryOfBlocks(
  arrays: readonly (ArrayLike<number> | undefined)[],
  count: number,
): BlockMemory | undefined {
  const instructionSet = activeInstructionSet();
  if (instructionSet === undefined || count < minWasmLength) return undefined;
  const memory = memories.get(instructionSet);
  const isOwn = (array: ArrayLike<number> | undefined) =>
    array === undefined || (array instanceof Float32Array && array.buffer === memory?.buffer);
  return arrays.every(isOwn) ? memory : undefined;
}

function isFloat32OrNone(array: KernelArray | undefined): array is Float32Array | undefined {
  return array === undefined || isFloat32(array);
}
