// Calls of the kernels that compute losses of blocks.
import type { KernelArray } from "../../types.ts";
import { isSplit } from "./blockArithmetic.ts";
import { kernelsOf, ownerOfBlocks } from "./blockMemory.ts";
import type { KernelBinary } from "./instance.ts";

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
