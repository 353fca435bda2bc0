import type { Layout } from "../layout.ts";
import { type Binary, exportsOf, type Instance } from "./instance.ts";
import type { PerRow } from "./perRow.ts";

/** What is made of each row, as `Result` in `assembly/result.ts` numbers it. */
export const result = { softmax: 0, logSoftmax: 1, logSumExp: 2, loss: 3, lossAndGradient: 4 };

/** How many floats are staged at once where rows lie in one piece: what the processor's second cache holds. */
export const chunkSize = 1 << 15;

/** What the compiled kernels export; addresses and sizes as in `assembly/`. */
export interface Exports {
  rowsOf(result: number, x: number, out: number, rows: number, size: number, empty: number): void;
  shortRowsOf: Exports["rowsOf"];
  columnsOf(
    result: number,
    x: number,
    out: number,
    outer: number,
    size: number,
    inner: number,
    pitch: number,
    empty: number,
  ): void;
  survey(keep: boolean, x: number, out: number, size: number): void;
  scale(x: number, out: number, size: number, factor: number): void;
  subtract(x: number, out: number, size: number, a: number, b: number, factor: number): void;
  /** Losses have no temperature. */
  temper?(temperature: number): void;
}

/** One call of a kernel. */
export interface Job {
  /** The kernels that compute it. */
  readonly binary: Binary;
  readonly result: number;
  readonly temperature: number;
  readonly x: Float32Array;
  readonly layout: Layout;
  readonly empty: number;
  readonly out: Float32Array | undefined;
  readonly rows: PerRow | undefined;
  /** Computes one row in JavaScript, given by itself. */
  alone(
    x: Float32Array,
    out: Float32Array | undefined,
    layout: Layout,
    rows: PerRow | undefined,
  ): void;
}

/** The kernels of a job, set to its temperature. */
export function kernelsOf(instance: Instance, { binary, temperature }: Job): Exports {
  const exports = exportsOf<Exports>(instance, binary);
  exports.temper?.(temperature);
  return exports;
}
