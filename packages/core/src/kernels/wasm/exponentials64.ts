import { exponentials64 } from "../../generated/exponentials64.ts";
import { rowCapacity } from "../../generated/memoryMap.ts";
import { activeInstructionSet } from "../backend.ts";
import { blockMemory, kernelsOf } from "./elements.ts";

interface Exports {
  /** Arrays are addresses in bytes. `count` is rounded up to a pair. */
  expOfNegative(x: number, q: number, exp: number, complement: number, count: number): void;
}

/** Computes exp(−q · x) and 1 − exp(−q · x); see `expOfNegativeKernel`. Returns whether it did. */
export function expOfNegative(
  x: Float64Array,
  q: number,
  exp: Float64Array,
  complement: Float64Array,
  count: number,
): boolean {
  const instructionSet = activeInstructionSet();
  const memory = instructionSet && blockMemory(instructionSet);
  const kernels = memory && kernelsOf<Exports>(memory, exponentials64);
  if (memory === undefined || kernels === undefined) return false;
  const { buffer, byteOffset } = memory.owner.staging;
  const staging = new Float64Array(buffer, byteOffset, 2 * rowCapacity);
  const second = byteOffset + 8 * rowCapacity;
  for (let first = 0; first < count; first += rowCapacity) {
    const size = Math.min(rowCapacity, count - first);
    staging.set(x.subarray(first, first + size));
    kernels.expOfNegative(byteOffset, q, byteOffset, second, size);
    exp.set(staging.subarray(0, size), first);
    complement.set(staging.subarray(rowCapacity, rowCapacity + size), first);
  }
  return true;
}
