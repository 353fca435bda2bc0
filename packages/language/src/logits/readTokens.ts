import {
  copyClassIndices,
  formatShape,
  readNumbers,
  readSampleWeight,
  sameShape,
} from "@surprisal/core/authoring";
import { checkLogits, type Logits } from "./readLogits.ts";

/** The tokens that the rows of logits are scored against. */
export interface Tokens {
  /** The id for each row of logits; −1 where there is none, or where it is ignored. */
  readonly ids: Int32Array;
  /** One weight for each row, if weights are given. */
  readonly weights: Float64Array | undefined;
  /** The shape of the results: that of the ids, with one position less if they are shifted. */
  readonly shape: readonly number[];
  /** Returns the place of a row's result, or −1 if it has none. */
  placeOf(row: number): number;
}

interface Options {
  readonly shift: boolean;
  readonly ignoreIndex: number;
  readonly sampleWeight?: unknown;
}

/** Reads ids, and weights of them, and arranges them by the rows of logits. */
export function readTokens(
  functionName: string,
  logits: Logits,
  value: unknown,
  { shift, ignoreIndex, sampleWeight }: Options,
): Tokens {
  const label = `${functionName}: ids`;
  const { shape, vocabulary, rows } = logits;
  const ids = readNumbers(label, value);
  if (!sameShape(ids.shape, shape)) {
    throw new RangeError(
      `${label} must have shape ${formatShape(shape)} (logits ${formatShape([...shape, vocabulary])} without the vocabulary), got ${formatShape(ids.shape)}.${adviseShape(ids.shape, shape)}`,
    );
  }
  const weights = readSampleWeight(functionName, sampleWeight, shape, undefined, "ids");
  checkLogits(functionName, logits);
  const options = { ignoreIndex, sampleWeight: weights };
  if (!shift) {
    const { indices } = copyClassIndices(label, ids.data, rows, vocabulary, options);
    return { ids: indices, weights, shape, placeOf: (row) => row };
  }
  const steps = shape[shape.length - 1];
  if (steps === undefined) {
    throw new RangeError(
      `${functionName}: shift needs logits of several positions, of shape [T, V], got [${vocabulary}].`,
    );
  }
  const hasNext = (row: number) => row % steps < steps - 1;
  const next = new Float64Array(rows);
  const nextWeights = weights && new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    next[row] = hasNext(row) ? ids.data[row + 1] : ignoreIndex;
    if (weights && nextWeights && hasNext(row)) nextWeights[row] = weights[row + 1];
  }
  const shifted = { ignoreIndex, sampleWeight: nextWeights, rowOf: (row: number) => row + 1 };
  const { indices } = copyClassIndices(label, next, rows, vocabulary, shifted);
  return {
    ids: indices,
    weights: nextWeights,
    shape: [...shape.slice(0, -1), Math.max(0, steps - 1)],
    placeOf: (row) => (hasNext(row) ? row - Math.floor(row / steps) : -1),
  };
}

function adviseShape(ids: readonly number[], positions: readonly number[]): string {
  const isShifted =
    ids.length === positions.length &&
    ids.length > 0 &&
    ids[ids.length - 1] === positions[positions.length - 1] - 1;
  return isShifted
    ? " Pass the ids of all positions with shift: true, which leaves out the first one."
    : "";
}
