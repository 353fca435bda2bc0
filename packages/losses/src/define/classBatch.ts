import {
  formatShape,
  type KernelArray,
  type Layout,
  readNumbers,
  rowOffset,
} from "@surprisal/core/authoring";
import type { Target } from "./target.ts";

/** The arguments of a class loss, read and checked. */
export interface ClassBatch {
  readonly input: KernelArray;
  readonly layout: Layout;
  readonly target: Target;
  readonly weight: KernelArray | undefined;
  readonly ignoreIndex: number;
  readonly labelSmoothing: number;
  /** Whether a row whose elements are all −∞ has loss and gradient 0. The mean still counts it. */
  readonly zeroWhenEmpty: boolean;
}

/** Reads the class weights, if there are any. */
export function readWeight(
  functionName: string,
  value: unknown,
  classes: number,
): KernelArray | undefined {
  if (value === undefined) return undefined;
  const { data, shape } = readNumbers(`${functionName}: weight`, value);
  if (shape.length !== 1 || shape[0] !== classes) {
    throw new RangeError(
      `${functionName}: weight must have shape ${formatShape([classes])}, one per class, got ${formatShape(shape)}.`,
    );
  }
  // A copy, because `out` may be the same memory. Copying bytes is ten times as fast as converting elements.
  const isFloat = data instanceof Float32Array || data instanceof Float64Array;
  return isFloat ? data.slice() : Float64Array.from(data);
}

/** Returns the sum of the weights of the rows that are not ignored; without weights, their number. */
export function meanDivisor(
  { target, layout, ignoreIndex }: ClassBatch,
  weight: KernelArray | undefined,
): number {
  const rows = layout.outer * layout.inner;
  if (target.kind === "probabilities" || weight === undefined) return rows - target.ignoredCount;
  let divisor = 0;
  for (let r = 0; r < rows; r++) {
    if (target.data[r] !== ignoreIndex) divisor += weight[target.data[r]];
  }
  return divisor;
}

/** Returns whether every element of a row is −∞. */
export function isFullyMasked({ input, layout }: ClassBatch, row: number): boolean {
  const start = rowOffset(row, layout);
  let j = 0;
  while (j < layout.size && input[start + j * layout.inner] === Number.NEGATIVE_INFINITY) j++;
  return j === layout.size;
}
