// What losses of the difference of two arguments have in common.
import { absoluteDifferenceBlock, type KernelArray } from "@surprisal/core/authoring";
import { type ElementKernel, pairOutputs } from "./elementFormula.ts";

/** The kernel of |x − y|, whose derivative with respect to x is its sign. NaN has the sign 0, as in PyTorch. */
export const absoluteKernel: ElementKernel = (block, x, y) =>
  absoluteDifferenceBlock(x, y, pairOutputs(block), block.count);

/** Writes |x − y| and its derivatives without a kernel. */
export function storeAbsolute(
  x: KernelArray,
  y: KernelArray,
  losses: KernelArray,
  signs: KernelArray | undefined,
  count: number,
): void {
  for (let i = 0; i < count; i++) losses[i] = Math.abs(x[i] - y[i]);
  for (let i = 0; signs && i < count; i++) signs[i] = Number(x[i] > y[i]) - Number(x[i] < y[i]);
}

/** Writes the derivatives with respect to the other argument: the opposite ones. */
export function storeOpposite(gradient: KernelArray, opposite: KernelArray, count: number): void {
  for (let i = 0; i < count; i++) opposite[i] = 0 - gradient[i];
}
