import type { Layout } from "../../arrays/layout.ts";
import type { RowData } from "../rowData.ts";
import { address, type Instance, type KernelBinary, linkExports } from "./instance.ts";

/** What the compiled kernels export; addresses and sizes as in `assembly/`. */
export interface Exports {
  rowsOf(x: number, out: number, rows: number, size: number, empty: number): void;
  shortRowsOf: Exports["rowsOf"];
  columnsOf(
    x: number,
    out: number,
    outer: number,
    size: number,
    inner: number,
    pitch: number,
    empty: number,
  ): void;
  // A row in pieces.
  maxOf(x: number, size: number): number;
  add(x: number, out: number, size: number, max: number, hide: boolean): number;
  finish(
    x: number,
    out: number,
    size: number,
    first: number,
    hasTop: boolean,
    row: number,
    max: number,
    others: number,
    logit: number,
    empty: number,
  ): void;
  /** Losses have no temperature. */
  temper?(temperature: number): void;
}

/** One call of a kernel. */
export interface KernelCall {
  /** The kernels that compute it. */
  readonly binary: KernelBinary;
  readonly temperature: number;
  readonly x: Float32Array;
  readonly layout: Layout;
  /** What a row of nothing but −∞ is filled with. */
  readonly empty: number;
  readonly out: Float32Array | undefined;
  readonly rowData: RowData | undefined;
}

/** The kernels of a job, set to its temperature. */
export function linkKernels(instance: Instance, { binary, temperature }: KernelCall): Exports {
  const exports = linkExports<Exports>(instance, binary);
  exports.temper?.(temperature);
  return exports;
}

/** The address that kernels are given for an array's elements from `start` on, which may be staged; 0 for none. */
export function addressOf(
  array: Float32Array | undefined,
  start: number,
  inPlace: boolean,
): number {
  if (array === undefined) return 0;
  return inPlace ? array.byteOffset + 4 * start : address.staging;
}
