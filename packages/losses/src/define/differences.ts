// What losses of the difference of two arguments have in common.
import { absoluteDifferenceBlock, type KernelArray } from "@surprisal/core/authoring";

/** Writes |x − y| and, as its derivative with respect to x, the sign of x − y. NaN has the sign 0, as in PyTorch. */
export function storeAbsolute(
  x: KernelArray,
  y: KernelArray,
  losses: KernelArray,
  signs: KernelArray | undefined,
  count: number,
): void {
  if (absoluteDifferenceBlock(x, y, losses, signs, count)) return;
  for (let i = 0; i < count; i++) losses[i] = Math.abs(x[i] - y[i]);
  for (let i = 0; signs && i < count; i++) signs[i] = Number(x[i] > y[i]) - Number(x[i] < y[i]);
}

/** Writes the derivatives with respect to the other argument: the opposite ones. */
export function storeOpposite(gradient: KernelArray, opposite: KernelArray, count: number): void {
  for (let i = 0; i < count; i++) opposite[i] = 0 - gradient[i];
}
