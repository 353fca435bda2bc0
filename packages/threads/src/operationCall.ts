import type {
  ElementLossCall,
  Kernels,
  Layout,
  NamedLoss,
  RowData,
} from "@surprisal/core/authoring";
import type { Arrays, Parameters } from "./operations.ts";
import type { StagingSlots } from "./stagingSlots.ts";

/** A call of an operation. With rows that have numbers, `rowData` brings and takes them. */
export interface OperationCall extends Parameters, Arrays {
  readonly operation: number;
  readonly layout: Layout;
  readonly rowData: RowData | undefined;
  /** The loss that workers find by its name, if the operation computes one. */
  readonly loss: NamedLoss | undefined;
  readonly elementLoss: ElementLossCall | undefined;
  readonly rowKernel: Kernels["crossEntropy"] | undefined;
  /** The number of rows of a composed cross-entropy. */
  readonly total: number;
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
