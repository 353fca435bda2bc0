import type { Layout } from "../../arrays/layout.ts";
import { stagingAddress } from "../../generated/memoryMap.ts";
import type { RowData } from "../rowData.ts";
import { type Instance, type KernelBinary, linkExports } from "./instance.ts";

/** The exports of the forward modules. Addresses are in bytes, sizes and strides in floats. */
export interface Exports {
  contiguousRows(x: number, out: number, rows: number, size: number, emptyValue: number): void;
  shortRows: Exports["contiguousRows"];
  stridedRows(
    x: number,
    out: number,
    outer: number,
    size: number,
    inner: number,
    stride: number,
    emptyValue: number,
  ): void;
  // The steps of one row, for a row in pieces.
  rowMax(x: number, size: number): number;
  sumExpMinusMax(x: number, out: number, size: number, max: number, excludesMax: boolean): number;
  storeRowResult(
    x: number,
    out: number,
    size: number,
    firstIndex: number,
    containsMax: boolean,
    row: number,
    max: number,
    sumExpExcludingMax: number,
    targetLogit: number,
    emptyValue: number,
  ): void;
  /** Absent in the kernels of losses, which have no temperature. */
  setTemperature?(temperature: number): void;
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
  exports.setTemperature?.(temperature);
  return exports;
}

/** Returns the address of an array's element `offset`, or of the staging buffer; 0 for no array. */
export function addressOf(
  array: Float32Array | undefined,
  offset: number,
  inPlace: boolean,
): number {
  if (array === undefined) return 0;
  return inPlace ? array.byteOffset + 4 * offset : stagingAddress;
}
