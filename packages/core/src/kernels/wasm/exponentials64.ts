import { exponentials64 } from "../../generated/exponentials64.ts";
import { activeInstructionSet } from "../backend.ts";
import { elementBlockLength } from "../limits.ts";
import { blockMemory, kernelsOf, newBlock } from "./blockMemory.ts";
import type { InstructionSet } from "./instance.ts";

interface Exports {
  /** Arrays are addresses in bytes. `count` is rounded up to a pair. */
  expOfNegative(x: number, q: number, exp: number, complement: number, count: number): void;
}

/** Two blocks of the kernels' memory. No other kernel writes to them, so that this one may run inside another. */
type Blocks = readonly [Float64Array, Float64Array];

/** The doubles of a block. */
const blockLength = elementBlockLength / 2;

const blocks = /* @__PURE__ */ new Map<InstructionSet, Blocks>();

function blocksOf(instructionSet: InstructionSet): Blocks | undefined {
  const known = blocks.get(instructionSet);
  if (known !== undefined) return known;
  const [first, second] = [newBlock(instructionSet), newBlock(instructionSet)];
  if (first === undefined || second === undefined) return undefined;
  const toDoubles = ({ buffer, byteOffset }: Float32Array) =>
    new Float64Array(buffer, byteOffset, blockLength);
  const created: Blocks = [toDoubles(first), toDoubles(second)];
  blocks.set(instructionSet, created);
  return created;
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
  const kernels = memory && kernelsOf<Exports>(memory.owner, exponentials64);
  const [first, second] = (kernels && blocksOf(memory.owner.instructionSet)) ?? [];
  if (kernels === undefined || first === undefined || second === undefined) return false;
  for (let start = 0; start < count; start += blockLength) {
    const size = Math.min(blockLength, count - start);
    first.set(x.subarray(start, start + size));
    kernels.expOfNegative(first.byteOffset, q, first.byteOffset, second.byteOffset, size);
    exp.set(first.subarray(0, size), start);
    complement.set(second.subarray(0, size), start);
  }
  return true;
}
