// Calls of the kernels that compute functions of single elements.
import type { KernelArray } from "../../types.ts";
import { activeInstructionSet, registeredBackend } from "../backend.ts";
import type { ElementKernelName } from "../elementInterface.ts";
import { elementBlockLength, minWasmLength } from "../limits.ts";
import { type BlockMemory, blockBytes, blockMemory, kernelsOf } from "./blockMemory.ts";
import { type Instance, instanceOwning, type KernelBinary, linkExports } from "./instance.ts";
import { isFloat32 } from "./kernels.ts";

/** The arguments are the addresses of two to four arrays (0 for none), and the number of elements; see `call`. */
type CompiledKernel = (a: number, b: number, ...rest: number[]) => void;

/** The functions that modules of element kernels export. A number of elements is a multiple of four. */
type ElementExports = Readonly<Record<ElementKernelName, CompiledKernel>>;

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

function isFloat32OrNone(array: KernelArray | undefined): array is Float32Array | undefined {
  return array === undefined || isFloat32(array);
}
