import type { Tensor } from "@surprisal/core";
import {
  float64Blocks,
  gemmKernel,
  type KernelArray,
  type Matrix,
} from "@surprisal/core/authoring";
import { type BatchResults, crossEntropy } from "@surprisal/losses";
import type { Problem } from "./readProblem.ts";

/** The bytes of a block of logits, and the most bytes of one with so few positions that it reads the weight often. */
const blockBytes = 2 << 20;
const maxBlockBytes = 3 << 20;
const fewRows = 24;

/** The options that the cross-entropy of a block gets. */
interface Options {
  readonly labelSmoothing: number;
  readonly skipMasked: boolean;
  readonly whenEmpty: "nan" | "zero";
  readonly zLoss: number;
  readonly softcap: number;
}

/** The memory that every block uses. */
interface Buffers {
  readonly logits: KernelArray;
  /** Copies of hidden states, and their gradients, if they are not adjacent. */
  readonly hidden: KernelArray | undefined;
  readonly gradHidden: KernelArray | undefined;
  /** The gradient of the bias: a sum over all positions, whose digits float32 would lose. */
  readonly gradBias: KernelArray | undefined;
}

/** Computes the losses, and the gradients that are asked for, block by block. */
export function evaluateBlocks(problem: Problem, options: Options, results: BatchResults): void {
  const { hidden, weight, counted } = problem;
  const { gradients = {} } = results;
  for (const gradient of Object.values(gradients)) gradient?.fill(0);
  const isFloat32 =
    hidden.data instanceof Float32Array &&
    weight.data instanceof Float32Array &&
    fitsFloat32(problem);
  const FloatArray = isFloat32 ? Float32Array : Float64Array;
  const rowBytes = FloatArray.BYTES_PER_ELEMENT * Math.max(1, weight.rows);
  const most = rowsOfBlock(counted.length, rowBytes);
  const gathers = problem.positions !== undefined;
  const buffers: Buffers = {
    logits: new FloatArray(most * weight.rows),
    hidden: gathers ? new FloatArray(most * hidden.columns) : undefined,
    gradHidden: gathers && gradients.input ? new FloatArray(most * hidden.columns) : undefined,
    gradBias: gradients.bias && float64Blocks.acquire(weight.rows).fill(0),
  };
  for (let first = 0; first < counted.length; first += most) {
    const count = Math.min(most, counted.length - first);
    computeBlock(problem, options, results, buffers, first, count);
  }
  if (gradients.bias !== undefined && buffers.gradBias !== undefined) {
    gradients.bias.set(buffers.gradBias.subarray(0, weight.rows));
    float64Blocks.release(buffers.gradBias);
  }
}

/** Returns whether float32 holds the bias, and losses that are multiplied by probabilities and weights. */
function fitsFloat32({ bias, probabilities, classWeight }: Problem): boolean {
  return (
    isEach(bias, (value) => Number.isFinite(Math.fround(value)) || !Number.isFinite(value)) &&
    isEach(probabilities, isFactor) &&
    isEach(classWeight, isFactor)
  );
}

/** Returns whether a product with this number is far from the limits of float32, wherever the other factor is. */
function isFactor(value: number): boolean {
  const magnitude = Math.abs(value);
  return value === 0 || !(magnitude < 2 ** -64 || magnitude > 2 ** 64);
}

function isEach(
  values: ArrayLike<number> | undefined,
  isValid: (value: number) => boolean,
): boolean {
  for (let i = 0; values !== undefined && i < values.length; i++) {
    if (!isValid(values[i])) return false;
  }
  return true;
}

/** Returns the rows of a block: a multiple of the three that the product of matrices computes at once, if there are so many. */
function rowsOfBlock(count: number, rowBytes: number): number {
  const few = Math.min(fewRows, Math.floor(maxBlockBytes / rowBytes));
  const rows = Math.min(count, Math.max(few, Math.floor(blockBytes / rowBytes)));
  return rows < 3 ? Math.max(1, rows) : rows - (rows % 3);
}

function computeBlock(
  problem: Problem,
  options: Options,
  results: BatchResults,
  buffers: Buffers,
  first: number,
  count: number,
): void {
  const { weight, bias } = problem;
  const vocabulary = weight.rows;
  const data = buffers.logits.subarray(0, count * vocabulary);
  const logits: Matrix = { data, rows: count, columns: vocabulary };
  const hidden = hiddenRows(problem, buffers, first, count);
  for (let r = 0; r < count; r++) {
    const row = data.subarray(r * vocabulary, (r + 1) * vocabulary);
    if (bias === undefined) row.fill(0);
    else row.set(bias);
  }
  gemmKernel(hidden, weight, logits, "b");

  const input = { data, shape: [count, vocabulary] } as Tensor<KernelArray & Float32Array>;
  const target = targetOf(problem, first, count);
  const { labelSmoothing, skipMasked, whenEmpty, zLoss, softcap } = options;
  const classOptions = {
    labelSmoothing,
    skipMasked,
    whenEmpty,
    zLoss,
    softcap,
    weight: problem.classWeight,
    ignoreIndex: -1,
    reduction: "none",
  } as const;
  if (results.gradients === undefined) {
    storeLosses(problem, results, first, crossEntropy(input, target, classOptions));
    return;
  }
  const block = problem.counted.subarray(first, first + count);
  const gradOutput = Float64Array.from(block, (loss) => results.lossScale[loss]);
  // The gradient takes the place of the logits.
  const { value } = crossEntropy.valueAndGrad(input, target, {
    ...classOptions,
    gradOutput: { data: gradOutput, shape: [count] },
    out: input,
  });
  storeLosses(problem, results, first, value);
  addGradients(problem, results.gradients, buffers, hidden, logits, first);
}

/** Returns the hidden states of a block: as they are if they are adjacent, else copied. */
function hiddenRows(
  { hidden, positions }: Problem,
  buffers: Buffers,
  first: number,
  count: number,
): Matrix {
  const { data, columns } = hidden;
  if (positions === undefined || buffers.hidden === undefined) {
    return {
      data: data.subarray(first * columns, (first + count) * columns),
      rows: count,
      columns,
    };
  }
  for (let r = 0; r < count; r++) {
    const from = positions[first + r] * columns;
    buffers.hidden.set(data.subarray(from, from + columns), r * columns);
  }
  return { data: buffers.hidden.subarray(0, count * columns), rows: count, columns };
}

/** Returns the target of a block: ids, or probabilities. */
function targetOf(
  { counted, ids, probabilities, targetRow, weight }: Problem,
  first: number,
  count: number,
): Tensor<Int32Array> | Tensor<Float64Array> {
  if (probabilities === undefined) {
    const block = counted.subarray(first, first + count);
    return { data: block.map((loss) => ids[loss]), shape: [count] };
  }
  const vocabulary = weight.rows;
  const rows = new Float64Array(count * vocabulary);
  for (let r = 0; r < count; r++) {
    const start = targetRow(counted[first + r]) * vocabulary;
    for (let j = 0; j < vocabulary; j++) rows[r * vocabulary + j] = probabilities[start + j];
  }
  keepFromCounts(rows);
  return { data: rows, shape: [count, vocabulary] };
}

/**
 * Makes one number of a block a fraction, by its last bit, if `crossEntropy` would take the block for counts: if all
 * numbers are whole and one is 2 or more. The target as a whole is not like that.
 */
function keepFromCounts(probabilities: Float64Array): void {
  if (!probabilities.every(Number.isInteger)) return;
  const large = probabilities.findIndex((q) => q >= 2);
  if (large >= 0) probabilities[large] *= 1 + Number.EPSILON;
}

function storeLosses(
  { counted }: Problem,
  { losses }: BatchResults,
  first: number,
  value: unknown,
): void {
  const { data } = value as Tensor<Float64Array>;
  for (let i = 0; i < data.length; i++) losses[counted[first + i]] = data[i];
}

/** Adds the gradients of a block, given that of its logits. */
function addGradients(
  { weight, positions }: Problem,
  gradients: NonNullable<BatchResults["gradients"]>,
  { gradHidden, gradBias }: Buffers,
  hidden: Matrix,
  gradLogits: Matrix,
  first: number,
): void {
  const { rows, columns: vocabulary } = gradLogits;
  const { columns } = hidden;
  const { input, weight: gradWeight } = gradients;
  if (input !== undefined && positions === undefined) {
    const data = input.subarray(first * columns, (first + rows) * columns);
    gemmKernel(gradLogits, weight, { data, rows, columns });
  } else if (input !== undefined && positions !== undefined && gradHidden !== undefined) {
    const data = gradHidden.subarray(0, rows * columns).fill(0);
    gemmKernel(gradLogits, weight, { data, rows, columns });
    for (let r = 0; r < rows; r++) {
      input.set(data.subarray(r * columns, (r + 1) * columns), positions[first + r] * columns);
    }
  }
  if (gradWeight !== undefined) {
    gemmKernel(gradLogits, hidden, { data: gradWeight, rows: vocabulary, columns }, "a");
  }
  for (let r = 0; gradBias !== undefined && r < rows; r++) {
    for (let j = 0; j < vocabulary; j++) gradBias[j] += gradLogits.data[r * vocabulary + j];
  }
}
