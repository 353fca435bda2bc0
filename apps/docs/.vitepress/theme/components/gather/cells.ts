import { type Batch, gathered } from "./batch.ts";

/** A cell of the drawn matrix: one value, or the mean of a block. */
export interface Cell {
  readonly row: number;
  readonly column: number;
  readonly value: number;
  /** The share of its values that are on the diagonal. */
  readonly wanted: number;
}

/** The largest number of cells per row of the drawn matrix. */
export const widest = 32;

export function cellsOf(batch: Batch): Cell[] {
  const side = Math.min(batch.rows, widest);
  const span = batch.rows / side;
  return Array.from({ length: side * side }, (_, k) => {
    const row = Math.floor(k / side);
    const column = k % side;
    const value = meanOfBlock(batch, row * span, column * span, span);
    return { row, column, value, wanted: row === column ? 1 / span : 0 };
  });
}

function meanOfBlock(batch: Batch, row: number, column: number, span: number): number {
  let sum = 0;
  for (let i = row; i < row + span; i++) {
    for (let j = column; j < column + span; j++) sum += gathered(batch, i, j);
  }
  return sum / span ** 2;
}
