// A call of an operation, and how the calling thread computes it alone.
import type {
  BlockLossCall,
  Kernels,
  Layout,
  RowData,
  SoftCrossEntropyKernel,
} from "@surprisal/core/authoring";
import { type Arrays, operations, type Parameters } from "./operations.ts";
import type { RowNumbers } from "./rows.ts";
import { isInPlace } from "./sharing.ts";
import type { StagingSlots } from "./stagingSlots.ts";

/** A call of an operation. With rows that have numbers, `rowData` brings and takes them. */
export interface OperationCall extends Parameters, Arrays {
  readonly operation: number;
  readonly layout: Layout;
  /** The number of values that each row of the layout has. */
  readonly valuesPerRow: number;
  /**
   * Arrays that every block needs as a whole. They are copied as float32. None of them is an output, because its length or
   * type differs.
   */
  readonly shared: readonly ArrayLike<number>[];
  readonly rowData: RowData | undefined;
  /** Receives the bits of the second input, if they are asked for; see `SoftTargets` of the kernels. */
  readonly receiveBits?: ((bits: number) => void) | undefined;
  /** The loss that is computed, if workers must find one by its name. */
  readonly named: NamedBlockLoss | NamedRowLoss | NamedFormula | undefined;
}

/**
 * A loss of elements or vectors. Each row of the layout is one of its blocks. Its value is the sum of its losses, or its
 * values are the losses of vectors.
 */
export interface NamedBlockLoss {
  readonly name: string;
  readonly text: Uint8Array;
  readonly blockLoss: BlockLossCall;
}

/** A loss that is a function of each row's cross-entropy. */
export interface NamedRowLoss {
  readonly name: string;
  readonly text: Uint8Array;
  /** The number of rows, as the kernel asks for it. */
  readonly total: number;
  readonly rowKernel: Kernels["crossEntropy"];
}

/** A loss of classes that has a formula of one row. */
export interface NamedFormula {
  readonly name: string;
  readonly text: Uint8Array;
  readonly formulaKernel: SoftCrossEntropyKernel;
}

/** Shared memory with the numbers of rows, and the value that comes first. */
export interface SharedRows {
  readonly firstValue: number;
  readonly numbers: RowNumbers | undefined;
  readonly capacity: number;
  readonly buffer: SharedArrayBuffer | undefined;
  /** Loads the targets and upstream gradients of the blocks from `first` to `end`. */
  load(first: number, end: number): void;
  /** Stores the values of these blocks. Calls must follow the order of the blocks. */
  store(first: number, end: number): void;
}

/** The shared memory that a call uses. */
export interface CallMemory {
  readonly rows: SharedRows;
  readonly weights: SharedArrayBuffer | undefined;
  /** The shared arrays of the call, one after another. */
  readonly shared: SharedArrayBuffer | undefined;
  /** Undefined where every thread reads and writes the arrays themselves. */
  readonly slots: StagingSlots | undefined;
  /** The number of elements that each array of a slot has room for. */
  readonly slotLength: number;
}

/** Computes a call on the calling thread. */
export function computeAlone(call: OperationCall): void {
  const { operation, layout, valuesPerRow, rowData, named } = call;
  if (named && "blockLoss" in named) {
    const values = new Float64Array(layout.outer * valuesPerRow);
    named.blockLoss.compute(0, layout.outer * layout.size, values);
    rowData?.store(0, values.length, values);
    return;
  }
  operations[operation]({ ...call, ...named, rows: rowData });
}

/** Returns the same text for calls that take about the same time per element. */
export function kindOf(call: OperationCall): string {
  const { operation, inputs, outputs, layout, valuesPerRow, shared, named } = call;
  const { weight, labelSmoothing } = call;
  const [{ length }] = inputs;
  return [
    operation,
    named?.name,
    // The sizes count up to a factor of two.
    Math.clz32(length),
    Math.clz32(layout.size),
    layout.inner > 1,
    isInPlace(call),
    weight !== undefined,
    labelSmoothing > 0,
    valuesPerRow,
    inputs.length,
    ...shared.map((array) => Math.clz32(array.length)),
    ...outputs.map((output) => output !== undefined),
  ].join(" ");
}
