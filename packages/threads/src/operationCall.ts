import type { ElementLossCall, Layout, RowData } from "@surprisal/core/authoring";
import type { Arrays, Parameters } from "./operations.ts";
import type { StagingSlots } from "./stagingSlots.ts";

/** A call of an operation. With rows that have numbers, `rowData` brings and takes them. */
export interface OperationCall extends Parameters, Arrays {
  readonly operation: number;
  readonly layout: Layout;
  readonly rowData: RowData | undefined;
  readonly elementLoss: ElementLossCall | undefined;
}

/** Shared memory with the numbers of rows, and the row whose numbers come first. */
export interface SharedRows {
  readonly firstRow: number;
  readonly capacity: number;
  readonly buffer: SharedArrayBuffer | undefined;
}

/** The shared memory that a call uses. */
export interface CallMemory {
  readonly rows: SharedRows;
  readonly weights: SharedArrayBuffer | undefined;
  /** Undefined where every thread reads and writes the arrays themselves. */
  readonly slots: StagingSlots | undefined;
}
