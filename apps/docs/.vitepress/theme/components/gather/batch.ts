import { logSoftmax, type Tensor, tensor } from "@surprisal/core";
import { nllLoss } from "@surprisal/losses";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Rows of log-probabilities, and the target of each. */
export interface Batch {
  readonly rows: number;
  readonly logProbs: Tensor<Float32Array>;
  readonly targets: Int32Array;
}

const classes = 4;

/** Returns a random batch. A larger batch begins with the rows of a smaller one. */
export function makeBatch(rows: number): Batch {
  const random = xoroshiro128plus(1);
  const logits = new Float32Array(rows * classes);
  const targets = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < classes; j++) logits[i * classes + j] = 6 * uniformFloat64(random) - 3;
    targets[i] = uniformInt(random, 0, classes - 1);
  }
  return { rows, logProbs: logSoftmax(tensor(logits, [rows, classes])), targets };
}

/** Returns one loss per row. */
export function lossesOf({ rows, logProbs, targets }: Batch): Float32Array {
  const out = tensor(new Float32Array(rows), [rows]);
  nllLoss(logProbs, targets, { reduction: "none", out });
  return out.data;
}

/** Returns the element of `out[:, targets]` at a row and a column. */
export function gathered({ logProbs, targets }: Batch, row: number, column: number): number {
  return logProbs.data[row * classes + targets[column]];
}
