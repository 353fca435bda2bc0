import { formatShape, type NumberView } from "@surprisal/core/authoring";
import type { BatchArguments } from "../define/batchLoss.ts";

/** The sizes of a batch of log-probabilities of shape [T, N, C], or of one sequence of shape [T, C]. */
export interface BatchSize {
  readonly steps: number;
  readonly sequences: number;
  readonly classes: number;
}

/** Returns the shape of the losses: [N], or [] for one sequence. */
export function ctcLossShape(functionName: string, { shape }: NumberView): number[] {
  if (shape.length !== 2 && shape.length !== 3) {
    throw new RangeError(
      `${functionName}: logProbs must have shape [T, N, C] or [T, C], got ${formatShape(shape)}.`,
    );
  }
  return shape.length === 3 ? [shape[1]] : [];
}

/** Returns the sizes of log-probabilities. */
export function batchSizeOf({ shape }: NumberView): BatchSize {
  return {
    steps: shape[0],
    sequences: shape.length === 3 ? shape[1] : 1,
    classes: shape[shape.length - 1],
  };
}

/** Reads one length per sequence, or one for all, and checks that each is from 0 to `max`. */
export function readLengths(
  label: string,
  { data, shape }: NumberView,
  sequences: number,
  max: number,
  maxName: string,
): Int32Array {
  const isOneForAll = shape.length === 0;
  if (!isOneForAll && (shape.length !== 1 || shape[0] !== sequences)) {
    throw new RangeError(
      `${label} must be a number or have shape [${sequences}], one length per sequence, got ${formatShape(shape)}.`,
    );
  }
  const lengths = new Int32Array(sequences);
  for (let n = 0; n < sequences; n++) {
    const length = data[isOneForAll ? 0 : n];
    if (!Number.isInteger(length) || length < 0 || length > max) {
      throw new RangeError(
        `${label} must hold whole numbers from 0 to ${max}, ${maxName}, got ${length} at sequence ${n}.`,
      );
    }
    lengths[n] = length;
  }
  return lengths;
}

/** Returns the labels of each sequence: rows of a padded array, or parts of a concatenated one. */
export function readTargets(
  functionName: string,
  { logProbs, targets, targetLengths }: BatchArguments,
  { sequences, classes }: BatchSize,
  blank: number,
  sampleWeight: Float64Array | undefined,
): Int32Array[] {
  const { data, shape } = targets;
  const label = `${functionName}: targets`;
  const isSingle = logProbs.shape.length === 2;
  const isPadded = shape.length === 2 || (isSingle && shape.length === 1);
  if (shape.length !== 1 && (shape.length !== 2 || shape[0] !== sequences)) {
    const expected = isSingle ? "[S]" : `[${sequences}, S], or be concatenated to one axis`;
    throw new RangeError(`${label} must have shape ${expected}, got ${formatShape(shape)}.`);
  }
  const width = shape[shape.length - 1];
  const lengths = readLengths(
    `${functionName}: targetLengths`,
    targetLengths,
    sequences,
    width,
    isPadded ? "the longest target" : "the number of targets",
  );
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (!isPadded && total !== width) {
    throw new RangeError(
      `${label} must have ${total} elements, the sum of targetLengths, got ${width}.`,
    );
  }
  let next = 0;
  return Array.from(lengths, (length, n) => {
    const first = isPadded ? n * width : next;
    next += length;
    if (sampleWeight?.[n] === 0) return new Int32Array(0);
    const labels = new Int32Array(length);
    for (let j = 0; j < length; j++) {
      labels[j] = checkLabel(label, data[first + j], classes, blank, n, j);
    }
    return labels;
  });
}

function checkLabel(
  label: string,
  value: number,
  classes: number,
  blank: number,
  sequence: number,
  position: number,
): number {
  if (Number.isInteger(value) && value >= 0 && value < classes && value !== blank) return value;
  const fault =
    value === blank
      ? "is the blank: targets hold labels only, so leave it out or set the option blank."
      : Number.isInteger(value)
        ? `is out of bounds for ${classes} classes.`
        : "is not a whole number.";
  throw new RangeError(
    `${label}: ${value} at sequence ${sequence}, position ${position}, ${fault}`,
  );
}
