import {
  checkProbabilities,
  checkProbabilitiesCall,
  copyClassIndices,
  formatShape,
  isIntegerArray,
  type Matrix,
  type NumberView,
  readNumbers,
  sameShape,
  sizeOf,
  sumOf,
} from "@surprisal/core/authoring";
import type { BatchArguments, BatchCall } from "@surprisal/losses";

/** The arguments of a call, read and checked. */
export interface Problem {
  /** Hidden states: one row for each position. */
  readonly hidden: Matrix;
  /** The weight: one row for each token of the vocabulary. */
  readonly weight: Matrix;
  readonly bias: ArrayLike<number> | undefined;
  /** The losses that are not ignored: the hidden states of others may hold anything, and are not read. */
  readonly counted: Int32Array;
  /** The positions of the counted losses; undefined if these are all positions in their order. */
  readonly positions: Int32Array | undefined;
  /** The token of each loss; −1 where it is ignored, and 0 with probabilities. */
  readonly ids: Int32Array;
  /** The probabilities of all positions, one row after another, if the target holds probabilities. */
  readonly probabilities: ArrayLike<number> | undefined;
  /** Returns the row of the target that belongs to a loss. */
  readonly targetRow: (loss: number) => number;
  /** One weight per token of the vocabulary. */
  readonly classWeight: Float64Array | undefined;
  readonly meanDivisor: number;
}

interface Options {
  readonly shift: boolean;
  readonly weight: unknown;
  readonly ignoreIndex: number;
}

/** Checks the shapes, and returns that of the losses. */
export function lossShape(
  { functionName, arguments: tensors }: Omit<BatchCall, "sampleWeight">,
  shift: boolean,
): readonly number[] {
  const { input, weight, bias, target } = tensors as Record<keyof BatchArguments, NumberView>;
  const depth = input.shape.at(-1);
  if (depth === undefined) {
    throw new RangeError(`${functionName}: input must have shape […, D], got a number.`);
  }
  if (weight.shape.length !== 2 || weight.shape[1] !== depth) {
    throw new RangeError(
      `${functionName}: weight must have shape [V, ${depth}] (input ${formatShape(input.shape)}), got ${formatShape(weight.shape)}.`,
    );
  }
  const vocabulary = weight.shape[0];
  if (bias !== undefined && !sameShape(bias.shape, [vocabulary])) {
    throw new RangeError(
      `${functionName}: bias must have shape [${vocabulary}], got ${formatShape(bias.shape)}.`,
    );
  }
  const positions = input.shape.slice(0, -1);
  if (!sameShape(target.shape, positions) && !sameShape(target.shape, [...positions, vocabulary])) {
    throw new RangeError(
      `${functionName}: target must have shape ${formatShape(positions)}, or ${formatShape([...positions, vocabulary])} for probabilities, got ${formatShape(target.shape)}.`,
    );
  }
  if (!shift) return positions;
  const steps = positions.at(-1);
  if (steps === undefined) {
    throw new RangeError(
      `${functionName}: shift needs several positions: an input of shape [T, D].`,
    );
  }
  return [...positions.slice(0, -1), Math.max(0, steps - 1)];
}

/** Reads the target and the weights of a call whose shapes are right. */
export function readProblem(call: BatchCall, options: Options): Problem {
  const { functionName, arguments: tensors, sampleWeight } = call;
  const { input, weight, bias, target } = tensors as Record<keyof BatchArguments, NumberView>;
  const [vocabulary, depth] = weight.shape;
  const positionShape = input.shape.slice(0, -1);
  const rows = sizeOf(positionShape);
  const steps = positionShape.at(-1) ?? 1;
  const perSequence = options.shift ? Math.max(0, steps - 1) : steps;
  const losses = options.shift ? (steps === 0 ? 0 : (rows / steps) * perSequence) : rows;
  const positionOf = (loss: number) =>
    options.shift ? Math.floor(loss / perSequence) * steps + (loss % perSequence) : loss;
  const targetRow = (loss: number) => positionOf(loss) + (options.shift ? 1 : 0);

  const classWeight = readClassWeight(functionName, options.weight, vocabulary);
  const isSoft = target.shape.length > positionShape.length;
  const ids = isSoft
    ? weightedRows(losses, sampleWeight)
    : copyClassIndices(
        `${functionName}: target`,
        Float64Array.from({ length: losses }, (_, i) => target.data[targetRow(i)]),
        losses,
        vocabulary,
        { ignoreIndex: options.ignoreIndex, sampleWeight, rowOf: targetRow },
      ).indices;
  if (isSoft) checkSoftTarget(functionName, target, options.ignoreIndex, ids, targetRow);
  const counted = Int32Array.from(ids.keys()).filter((loss) => ids[loss] >= 0);
  return {
    hidden: { data: input.data, rows, columns: depth } as Matrix,
    weight: { data: weight.data, rows: vocabulary, columns: depth } as Matrix,
    bias: bias?.data,
    counted,
    positions: counted.length === rows && !options.shift ? undefined : counted.map(positionOf),
    ids,
    probabilities: isSoft ? target.data : undefined,
    targetRow,
    classWeight,
    meanDivisor: divisorOf(ids, sampleWeight, isSoft ? undefined : classWeight),
  };
}

/** Returns 0 for each loss that counts, and −1 for one of weight 0. */
function weightedRows(losses: number, sampleWeight: Float64Array | undefined): Int32Array {
  return Int32Array.from({ length: losses }, (_, i) => (sampleWeight?.[i] === 0 ? -1 : 0));
}

/** Returns the sum of the weights of the losses that are not ignored. */
function divisorOf(
  ids: Int32Array,
  sampleWeight: Float64Array | undefined,
  classWeight: Float64Array | undefined,
): number {
  const weights = Float64Array.from(ids, (id, i) =>
    id < 0 ? 0 : (sampleWeight?.[i] ?? 1) * (classWeight?.[id] ?? 1),
  );
  return sumOf(weights);
}

function readClassWeight(
  functionName: string,
  value: unknown,
  vocabulary: number,
): Float64Array | undefined {
  if (value === undefined) return undefined;
  const { data, shape } = readNumbers(`${functionName}: weight`, value);
  if (!sameShape(shape, [vocabulary])) {
    throw new RangeError(
      `${functionName}: the option weight must have shape [${vocabulary}], one per token, got ${formatShape(shape)}.`,
    );
  }
  return Float64Array.from(data);
}

/** Throws unless the rows of the target that belong to losses of a weight other than 0 hold probabilities. */
function checkSoftTarget(
  functionName: string,
  { data, shape, wereBigints = false }: NumberView,
  ignoreIndex: number,
  ids: Int32Array,
  targetRow: (loss: number) => number,
): void {
  const shapeName = "the shape of probabilities,";
  const call = { functionName, shape, shapeName, axis: shape.length - 1, ignoreIndex };
  checkProbabilitiesCall(call);
  const counted = new Set<number>();
  for (let loss = 0; loss < ids.length; loss++) if (ids[loss] >= 0) counted.add(targetRow(loss));
  checkProbabilities(data, wereBigints || isIntegerArray(data), call, {
    isCounted: (row) => counted.has(row),
  });
}
