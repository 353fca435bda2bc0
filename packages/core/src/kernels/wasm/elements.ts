import { blocks } from "../../generated/blocks.ts";
import { stagingEnd } from "../../generated/memoryMap.ts";
import type { KernelArray } from "../../types.ts";
import { activeInstructionSet, copyNumbers, registeredBackend, tryLink } from "../backend.ts";
import type { ElementKernelName } from "../elementInterface.ts";
import { largestPlain, leastPlain } from "../js/weights.ts";
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

/** The arguments are the addresses of two to four arrays (0 for none), and the number of elements; see `call`. */
type CompiledKernel = (a: number, b: number, ...rest: number[]) => void;

/** The functions that modules of element kernels export. A number of elements is a multiple of four. */
type ElementExports = Readonly<Record<ElementKernelName, CompiledKernel>>;

/** Further functions of the module `blocks`. */
interface BlockExports {
  sum(x: number, count: number): number;
  scale(x: number, high: number, low: number, count: number): void;
  weigh(x: number, weights: number, factor: number, count: number): void;
  plainSum(x: number, count: number, least: number, largest: number): number;
}

/** Where a kernel of blocks writes its results, their factor, and the first element. */
export interface BlockOutputs {
  /** Receives the losses. */
  readonly losses?: KernelArray | undefined;
  /** Receives the derivatives with respect to the first argument, times the factor. */
  readonly gradX?: KernelArray | undefined;
  /** Receives the derivatives with respect to the second argument. It needs `gradX`. */
  readonly gradY?: KernelArray | undefined;
  /** Receives the derivatives with respect to the third argument. It needs `gradX`. */
  readonly gradZ?: KernelArray | undefined;
  /** The factor of the derivatives. The default is 1. */
  readonly scale?: number | undefined;
  /** The index of the first element that is computed, in all arrays. The default is 0. */
  readonly start?: number | undefined;
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

/** Returns the exports of a module in an instance's memory; undefined if the runtime refuses the module. */
export function kernelsOf<Exports>(owner: Instance, binary: KernelBinary): Exports | undefined {
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
  const kernels = memory && kernelsOf<ElementExports>(memory.owner, binary);
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

/**
 * Calls a kernel of two to four arrays. Kernels of losses have more parameters: the gradient of the second argument, which
 * is not asked for, and after the count the factor of the gradients in two parts. A gradient may be missing: address 0.
 */
function call(
  kernel: CompiledKernel,
  a: number,
  b: number,
  c: number | undefined,
  d: number | undefined,
  count: number,
): void {
  if (kernel.length > 4) kernel(a, b, c ?? 0, d ?? 0, 0, count, 1, 0);
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

/** Computes a loss of blocks, given addresses (0 for none), the count, two parts of a factor, and further numbers. */
type LossKernel = (...args: number[]) => number;

/** The arrays that a kernel computes a loss from. */
interface BlockInputs {
  readonly x: KernelArray;
  readonly y: KernelArray;
  /** A third array. The kernel's first further arguments are then its address and that of its derivatives. */
  readonly z?: KernelArray | undefined;
}

/**
 * Computes the losses of blocks in one memory of kernels.
 *
 * @param count the number of elements. It is rounded up to a multiple of four, also for the sum.
 * @param first further arguments of the kernel, like `second`, `third` and `fourth`.
 * @returns the sum of the losses, in float64; undefined if it has computed nothing: for other arrays, few elements, or
 * without WebAssembly.
 */
export function runBlockLoss<Name extends string>(
  binary: KernelBinary,
  name: Name,
  count: number,
  { x, y, z }: BlockInputs,
  { losses, gradX, gradY, gradZ, scale = 1, start = 0 }: BlockOutputs,
  first = 0,
  second = 0,
  third = 0,
  fourth = 0,
): number | undefined {
  // Little is allocated here: lists of arrays and addresses took as long as the kernel.
  const owner = ownerOfBlocks(count, x, y, z, losses, gradX, gradY, gradZ);
  const kernels = owner && kernelsOf<Readonly<Record<Name, LossKernel>>>(owner, binary);
  if (kernels === undefined) return undefined;
  if (!isSplit(scale)) {
    // The same kernel computes the losses, so that their sum does not depend on the factor of the gradients.
    const unscaled = { losses, gradX, gradY, gradZ, start };
    const further = [first, second, third, fourth] as const;
    const sum = runBlockLoss(binary, name, count, { x, y, z }, unscaled, ...further);
    for (const array of [gradX, gradY, gradZ]) multiply(array, start, count, scale);
    return sum;
  }
  const high = Math.fround(scale);
  const low = scale - high;
  const out = addressOf(losses, start);
  const slopesX = addressOf(gradX, start);
  const slopesY = addressOf(gradY, start);
  const length = (count + 3) & ~3;
  const kernel = kernels[name];
  const [a, b] = [addressOf(x, start), addressOf(y, start)];
  if (z === undefined)
    return kernel(a, b, out, slopesX, slopesY, length, high, low, first, second, third, fourth);
  const [c, slopesZ] = [addressOf(z, start), addressOf(gradZ, start)];
  return kernel(a, b, out, slopesX, slopesY, length, high, low, c, slopesZ, first, second);
}

/** Multiplies `count` elements of an array, if there is one, from `start` on. */
function multiply(
  array: KernelArray | undefined,
  start: number,
  count: number,
  factor: number,
): void {
  for (let i = start; array && i < start + count; i++) array[i] *= factor;
}

/** Returns the address of an element; 0 if there is no array. */
function addressOf(array: KernelArray | undefined, index: number): number {
  return array === undefined ? 0 : array.byteOffset + 4 * index;
}

/**
 * Returns memory in which kernels compute blocks, and which is larger than a block; undefined without WebAssembly. It is
 * the caller's until another kernel runs.
 */
export function blockStaging(): Float32Array | undefined {
  const instructionSet = activeInstructionSet();
  return instructionSet && blockMemory(instructionSet)?.owner.staging;
}

/** Returns whether all arrays are in one memory of the kernels in use. */
export function isKernelMemory(...arrays: readonly KernelArray[]): boolean {
  const [first, ...others] = arrays;
  return ownerOfBlocks(minWasmLength, first, ...others) !== undefined;
}

/** Float32 holds two parts of factors from here on. */
const minFactor = 2 ** -100;
/** Up to here, the second part is at most ½, so that its product with a finite number is finite. */
const maxFactor = 2 ** 24;

/** Returns whether kernels multiply by the factor, in two parts. */
function isSplit(factor: number): boolean {
  const size = Math.abs(factor);
  return size === 0 || (size >= minFactor && size <= maxFactor);
}

/** Multiplies the elements of a block in the kernels' memory. Returns whether it did; `count` may be rounded up. */
export function scaleBlock(x: KernelArray, factor: number, count: number): boolean {
  const kernels = kernelsOfBlock(x, count);
  if (kernels === undefined || !isSplit(factor)) return false;
  const high = Math.fround(factor);
  kernels.scale(x.byteOffset, high, factor - high, (count + 3) & ~3);
  return true;
}

/**
 * Multiplies the elements of a block in the kernels' memory by weights and a factor; see `weighKernel`.
 *
 * @returns whether it did; `count` may be rounded up.
 */
export function weighBlock(
  x: KernelArray,
  weights: KernelArray,
  factor: number,
  count: number,
): boolean {
  const staging = blockStaging();
  const kernels = kernelsOfBlock(x, count);
  // The weights are staged in the memory of blocks: other threads may use that of a tensor.
  if (kernels === undefined || staging === undefined || x.buffer !== staging.buffer) return false;
  const { buffer, byteOffset } = staging;
  copyNumbers(new Float64Array(buffer, byteOffset, count), weights);
  kernels.weigh(x.byteOffset, byteOffset, factor, (count + 3) & ~3);
  return true;
}

/**
 * Returns the sum of weights from `start` to `end`, at most a block; NaN if one of them is not plain.
 *
 * @returns undefined if it has computed nothing: for few numbers or no whole fours, or without WebAssembly.
 */
export function plainSumOfBlock(
  values: Float64Array,
  start: number,
  end: number,
): number | undefined {
  const count = end - start;
  const staging = count < minWasmLength || count % 4 > 0 ? undefined : blockStaging();
  const kernels = staging && kernelsOfBlock(staging, count);
  if (kernels === undefined || staging === undefined) return undefined;
  const { buffer, byteOffset } = staging;
  new Float64Array(buffer, byteOffset, count).set(values.subarray(start, end));
  return kernels.plainSum(byteOffset, count, leastPlain, largestPlain);
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

/** Returns the arithmetic of the kernels in use if the block is in one of their memories. */
function kernelsOfBlock(x: ArrayLike<number>, count: number): BlockExports | undefined {
  const owner = ownerOfBlocks(count, x);
  return owner && kernelsOf<BlockExports>(owner, blocks);
}

/** Returns the instance of the kernels in use whose memory holds all arrays. */
function ownerOfBlocks(
  count: number,
  first: ArrayLike<number>,
  ...others: readonly (ArrayLike<number> | undefined)[]
): Instance | undefined {
  const instructionSet = activeInstructionSet();
  if (instructionSet === undefined || count < minWasmLength) return undefined;
  if (!(first instanceof Float32Array)) return undefined;
  for (const other of others) {
    if (other === undefined) continue;
    if (!(other instanceof Float32Array) || other.buffer !== first.buffer) return undefined;
  }
  return instanceOwning(instructionSet, first);
}

function isFloat32OrNone(array: KernelArray | undefined): array is Float32Array | undefined {
  return array === undefined || isFloat32(array);
}
