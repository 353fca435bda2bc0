import type { Layout } from "../../arrays/layout.ts";
import { copyIn, copyOut, isColumnwise, packRows, unpackRows } from "../blocks.ts";
import {
  inPlaceChunkLength,
  maxBlockRows,
  shortRowLength,
  stagedChunkLength,
  stagingLength,
} from "../limits.ts";

/** The way in which rows are cut into blocks and pass through the staging buffer. */
export interface BlockPlan {
  /** Whether rows are columns that are computed side by side. */
  readonly columnwise: boolean;
  /** Whether rows are short enough to be computed side by side. */
  readonly isShort: boolean;
  /** Copies a block into the staging buffer. */
  readonly load: typeof copyIn;
  /** Copies a block back. */
  readonly store: typeof copyOut;
  /** The most rows of a block. */
  readonly maxRows: number;
}

/**
 * Returns the plan for rows of a layout, which are computed in place or in the staging buffer.
 *
 * @param room the largest number of elements of a block.
 */
export function planBlocks(
  layout: Layout,
  inPlace: boolean,
  room = inPlace ? inPlaceChunkLength : isColumnwise(layout) ? stagingLength : stagedChunkLength,
): BlockPlan {
  const { size, inner } = layout;
  const columnwise = isColumnwise(layout);
  const isShort = size < shortRowLength;
  const [load, store] = columnwise || inner === 1 ? [copyIn, copyOut] : [packRows, unpackRows];
  const most = Math.max(1, Math.min(maxBlockRows, Math.floor(room / size)));
  // Rows that are computed side by side come in sixteens. Every region has room for sixteen.
  const maxRows = columnwise || isShort ? Math.max(16, most & ~15) : most;
  return { columnwise, isShort, load, store, maxRows };
}
