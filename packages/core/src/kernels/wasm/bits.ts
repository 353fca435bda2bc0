import { bits } from "../../generated/bits.ts";
import { activeInstructionSet, tryLink } from "../backend.ts";
import { minWasmLength, stagedChunkLength } from "../limits.ts";
import { type Instance, instanceOwning, linkExports, stagingInstance } from "./instance.ts";

/** The export of the module. */
export interface BitExports {
  /** `x` is an address in bytes, `count` a multiple of four. */
  bitwiseOr(x: number, count: number): number;
}

/** Returns the kernel in the memory of an instance. */
export function linkBits(instance: Instance): BitExports {
  return linkExports<BitExports>(instance, bits);
}

/** Returns the bitwise or of all numbers, as integers of 32 bits; undefined for few numbers or without WebAssembly. */
export function bitwiseOr(values: Float32Array): number | undefined {
  const instructionSet = activeInstructionSet();
  const { length } = values;
  if (instructionSet === undefined || length < minWasmLength) return undefined;
  const owner = instanceOwning(instructionSet, values);
  const linked = tryLink(instructionSet, () => {
    const instance = owner ?? stagingInstance(instructionSet);
    return { instance, kernels: linkBits(instance) };
  });
  if (linked === undefined) return undefined;
  const { kernels, instance } = linked;
  const inPlace = owner === undefined ? 0 : length & ~3;
  let result = kernels.bitwiseOr(values.byteOffset, inPlace);
  for (let first = inPlace; first < length; first += stagedChunkLength) {
    const count = Math.min(stagedChunkLength, length - first);
    const padded = (count + 3) & ~3;
    instance.staging.set(values.subarray(first, first + count));
    instance.staging.fill(0, count, padded);
    result |= kernels.bitwiseOr(instance.staging.byteOffset, padded);
  }
  return result;
}
