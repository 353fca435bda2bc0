import { bits } from "../../generated/bits.ts";
import { stagingAddress } from "../../generated/memoryMap.ts";
import { activeInstructionSet, tryLink } from "../backend.ts";
import { minWasmLength, stagedChunkLength } from "../limits.ts";
import { instanceOwning, linkExports, stagingInstance } from "./instance.ts";

/** Reduces numbers of 32 bits at an address in bytes. A number of elements is a multiple of four. */
type Reduce = (x: number, count: number) => number;

interface Exports {
  readonly bitwiseOr: Reduce;
  readonly maxUnsigned: Reduce;
}

/**
 * Returns the bitwise or of all numbers, as integers of 32 bits. It is undefined for few numbers, and without
 * WebAssembly.
 */
export function bitwiseOr(values: Float32Array): number | undefined {
  let result = 0;
  const isComputed = reduce("bitwiseOr", values, (part) => {
    result |= part;
  });
  return isComputed ? result : undefined;
}

/**
 * Returns the largest of integers of 32 bits without a sign: a negative number counts as 2³² more. It is undefined for
 * few numbers, and without WebAssembly.
 */
export function maxUnsigned(values: Int32Array): number | undefined {
  let result = 0;
  const isComputed = reduce("maxUnsigned", values, (part) => {
    result = Math.max(result, part >>> 0);
  });
  return isComputed ? result : undefined;
}

/** Calls `add` with the result of each part. Zeros fill up the last one. Returns whether it did. */
function reduce(
  name: keyof Exports,
  { buffer, byteOffset, length }: Float32Array | Int32Array,
  add: (part: number) => void,
): boolean {
  const instructionSet = activeInstructionSet();
  if (instructionSet === undefined || length < minWasmLength) return false;
  const owner = instanceOwning(instructionSet, { buffer });
  const linked = tryLink(instructionSet, () => {
    const instance = owner ?? stagingInstance(instructionSet);
    return { instance, kernels: linkExports<Exports>(instance, bits) };
  });
  if (linked === undefined) return false;
  const { instance, kernels } = linked;
  const inPlace = owner === undefined ? 0 : length & ~3;
  if (inPlace > 0) add(kernels[name](byteOffset, inPlace));
  if (inPlace === length) return true;
  const integers = new Int32Array(buffer, byteOffset, length);
  const staging = new Int32Array(instance.memory.buffer, stagingAddress, stagedChunkLength);
  for (let first = inPlace; first < length; first += stagedChunkLength) {
    const count = Math.min(stagedChunkLength, length - first);
    const padded = (count + 3) & ~3;
    staging.set(integers.subarray(first, first + count));
    staging.fill(0, count, padded);
    add(kernels[name](stagingAddress, padded));
  }
  return true;
}
