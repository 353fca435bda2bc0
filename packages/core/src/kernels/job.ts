import type { Layout } from "../layout.ts";
import { address, type Binary, exportsOf, type Instance } from "./instance.ts";
import type { PerRow } from "./perRow.ts";

/** The exports of the forward modules; see `assembly/softmax.ts`. Addresses are in bytes, sizes and strides in floats. */
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
  /** Absent from the module of losses, which have no temperature. */
  setTemperature?(temperature: number): void;
}

/** One call of a kernel. */
export interface Job {
  /** The kernels that compute it. */
  readonly binary: Binary;
  readonly temperature: number;
  readonly x: Float32Array;
  readonly layout: Layout;
  /** What a row of nothing but −∞ is filled with. */
  readonly empty: number;
  readonly out: Float32Array | undefined;
  readonly rows: PerRow | undefined;
}

/** The kernels of a job, set to its temperature. */
export function kernelsOf(instance: Instance, { binary, temperature }: Job): Exports {
  const exports = exportsOf<Exports>(instance, binary);
  exports.setTemperature?.(temperature);
  return exports;
}

/** The address that kernels are given for an array's elements from `start` on, which may be staged; 0 for none. */
export function placeOf(array: Float32Array | undefined, start: number, inPlace: boolean): number {
  if (array === undefined) return 0;
  return inPlace ? array.byteOffset + 4 * start : address.stage;
}
