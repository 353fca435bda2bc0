import type { Layout } from "../../arrays/layout.ts";
import type { RowData } from "../rowData.ts";
import { address, type Instance, type KernelBinary, linkExports } from "./instance.ts";

/** The functions that the compiled kernels export. Arrays are byte addresses, sizes count elements. */
export interface Exports {
  rowsOf(x: number, out: number, rows: number, size: number, empty: number): void;
  shortRowsOf: Exports["rowsOf"];
  columnsOf(
    x: number,
    out: number,
    outer: number,
    size: number,
    inner: number,
    rowStride: number,
    empty: number,
  ): void;
  // A row in pieces.
  maxOf(x: number, size: number): number;
  add(x: number, out: number, size: number, max: number, excludesMax: boolean): number;
  finish(
    x: number,
    out: number,
    size: number,
    first: number,
    hasMax: boolean,
    row: number,
    max: number,
    sumExpExcludingMax: number,
    targetLogit: number,
    empty: number,
  ): void;
  /** Absent in the kernels of losses, which have no temperature. */
  temper?(temperature: number): void;
}

/** One call of a forward kernel. */
export interface KernelCall {
  readonly binary: KernelBinary;
  readonly temperature: number;
  readonly x: Float32Array;
  readonly layout: Layout;
  /** The value that fills a row of only −∞. */
  readonly empty: number;
  readonly out: Float32Array | undefined;
  readonly rowData: RowData | undefined;
}

/** Returns the kernels of a call, set to its temperature. */
export function linkKernels(instance: Instance, { binary, temperature }: KernelCall): Exports {
  const exports = linkExports<Exports>(instance, binary);
  exports.temper?.(temperature);
  return exports;
}

/** Returns the address of an array's element `offset`, or of the staging buffer; 0 for no array. */
export function addressOf(
  array: Float32Array | undefined,
  offset: number,
  inPlace: boolean,
): number {
  if (array === undefined) return 0;
  return inPlace ? array.byteOffset + 4 * offset : address.staging;
}
