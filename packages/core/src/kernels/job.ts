import type { Layout } from "../layout.ts";
import type { PerRow } from "./perRow.ts";

/** What is made of each row, as `Result` in `assembly/rows.ts` numbers it. */
export const result = { softmax: 0, logSoftmax: 1, logSumExp: 2, loss: 3, lossAndGradient: 4 };

/** How many floats are staged at once where rows lie in one piece: what the processor's nearest caches hold. */
export const chunkSize = 1 << 15;

/** One call of a kernel. */
export interface Job {
  readonly result: number;
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
