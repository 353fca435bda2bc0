import type { KernelArray } from "@surprisal/core/authoring";
import { checkReturned } from "./checkReturned.ts";

/**
 * Returns the loss of one row.
 *
 * `vectors` holds one vector per argument, in the order of the arguments; the vector of an argument
 * with one value per row has length 1. The `vectorOptions` follow, undefined where they are not given.
 * `gradients`, if given, has one array per name in `differentiable`, in the order of the arguments, which
 * holds zeros and receives the derivatives. The function may overwrite all arrays.
 */
export type RowFormula = (
  vectors: readonly Float64Array[],
  gradients: readonly Float64Array[] | undefined,
) => number;

/** The results of a block: the losses of its rows, and their derivatives where they are asked for. */
export interface RowBlock {
  /** The index of the block's first row among all rows, for errors. */
  readonly firstRow: number;
  /** The number of rows. Arrays may be longer. The formula ignores their further elements. */
  readonly rows: number;
  /** The number of elements of a vector. */
  readonly size: number;
  /** Receives the loss of each row. It holds NaN. */
  readonly losses: KernelArray;
  /**
   * Receive ∂loss / ∂argument, by the argument's name; undefined if no gradient is asked for. They hold
   * zeros. The first argument's is always there. Another's is missing if the argument holds integers,
   * or the call leaves it out of `differentiate`.
   */
  readonly gradients: Readonly<Record<string, KernelArray>> | undefined;
}

/**
 * The losses of a block of rows, and their derivatives.
 *
 * An array holds one vector after another, or one value per row. All arrays are Float32Array if the
 * loss's first argument holds float32 (or float16), else Float64Array. They are copies: a formula may
 * overwrite the arguments.
 */
export interface RowBlockFormula {
  /**
   * Computes a block, given one array per argument in the order of the arguments, then one per name in
   * `vectorOptions`, with a vector for each row: undefined if the option is not given.
   */
  block(block: RowBlock, ...vectors: KernelArray[]): void;
}

/** Returns the block formula that calls a formula of one row for each. */
export function blockFormulaOf(
  functionName: string,
  formula: RowFormula,
  argumentSizes: readonly (number | undefined)[],
  differentiable: readonly { readonly name: string; readonly size: number }[],
): RowBlockFormula {
  const rowsOf = argumentSizes.map((size) =>
    size === undefined ? undefined : new Float64Array(size),
  );
  const gradientRows = differentiable.map(({ size }) => new Float64Array(size));
  return {
    block({ rows, losses, gradients }, ...vectors) {
      for (let r = 0; r < rows; r++) {
        for (let i = 0; i < rowsOf.length; i++) {
          const row = rowsOf[i];
          if (row !== undefined) copyRow(vectors[i], r, row);
        }
        for (const row of gradientRows) row.fill(0);
        const value = formula(rowsOf as Float64Array[], gradients && gradientRows);
        losses[r] = checkReturned(`${functionName}: the formula`, value);
        if (gradients === undefined) continue;
        for (let i = 0; i < gradientRows.length; i++) {
          const gradient: KernelArray | undefined = gradients[differentiable[i].name];
          if (gradient !== undefined) writeRow(gradientRows[i], gradient, r);
        }
      }
    },
  };
}

function copyRow(vectors: KernelArray, r: number, row: Float64Array): void {
  for (let j = 0, from = r * row.length; j < row.length; j++) row[j] = vectors[from + j];
}

function writeRow(row: Float64Array, vectors: KernelArray, r: number): void {
  for (let j = 0, to = r * row.length; j < row.length; j++) vectors[to + j] = row[j];
}
