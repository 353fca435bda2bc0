import {
  checkUnchanged,
  type KernelArray,
  type OutputSpec,
  readFloatSource,
  sameShape,
  sizeOf,
} from "@surprisal/core/authoring";

/** Logits of shape [T, V], [B, T, V] or […, V]: one row of the vocabulary for each position. */
export interface Logits {
  /** The shape without the vocabulary: one element for each position. */
  readonly shape: readonly number[];
  /** The number of logits of a row; 0 only where there are no rows. */
  readonly vocabulary: number;
  readonly rows: number;
  /** The kind of container, and the element type, that results have. */
  readonly spec: Required<OutputSpec>;
  /** All logits, if they are in memory as the kernels need them. */
  readonly data: KernelArray | undefined;
  /** The memory of the logits, in which an output may be. */
  readonly memory: KernelArray | Uint8Array;
  load(first: number, block: KernelArray): void;
}

/** A block of rows, which are adjacent. */
export interface RowBlock {
  readonly data: KernelArray;
  readonly firstRow: number;
  readonly rows: number;
}

/** The numbers of a block: 1 MiB of float32. */
const blockLength = 1 << 18;

/** Reads logits, without a copy of all where they are large. */
export function readLogits(functionName: string, value: unknown): Logits {
  const label = `${functionName}: logits`;
  const { shape, kind, elementType, data, memory, load } = readFloatSource(label, value);
  if (shape.length === 0) {
    throw new RangeError(`${label} must have an axis for the vocabulary, got a number.`);
  }
  // An empty array cannot say how large its vocabulary is: it has no positions.
  const isEmpty = kind !== "tensor" && sameShape(shape, [0]);
  const vocabulary = shape[shape.length - 1];
  const positions = isEmpty ? shape : shape.slice(0, -1);
  const rows = sizeOf(positions);
  if (vocabulary === 0 && rows > 0) {
    throw new RangeError(`${label} must have at least one logit per row, got 0.`);
  }
  // With these lengths, an output is not opened once the logits have lost elements.
  const spec = { kind, elementType, data: memory, shape: data ? shape : [memory.length] };
  return { shape: positions, vocabulary, rows, spec, data, memory, load };
}

/** Throws if a getter of a later argument has transferred or shrunk the logits. */
export function checkLogits(functionName: string, { spec, memory }: Logits): void {
  checkUnchanged(functionName, [{ data: memory, shape: spec.shape }]);
}

/** Visits the rows as they are, if they can be; else block by block, each copied to the same memory. */
export function forEachRun(logits: Logits, visit: (block: RowBlock) => void): void {
  if (logits.data === undefined) forEachBlock(logits, visit);
  else if (logits.rows > 0) visit({ data: logits.data, firstRow: 0, rows: logits.rows });
}

/** Visits blocks of rows of at most a mebibyte, or single rows that are longer. */
export function forEachBlock(logits: Logits, visit: (block: RowBlock) => void): void {
  const { rows, vocabulary, spec, data, load } = logits;
  const most = Math.max(1, Math.min(rows, Math.floor(blockLength / vocabulary)));
  const buffer = data === undefined ? newBlock(spec, most * vocabulary) : undefined;
  for (let firstRow = 0; firstRow < rows; firstRow += most) {
    const count = Math.min(most, rows - firstRow);
    const start = firstRow * vocabulary;
    const end = start + count * vocabulary;
    const block = (buffer?.subarray(0, end - start) ?? data?.subarray(start, end)) as KernelArray;
    if (buffer !== undefined) load(start, block);
    visit({ data: block, firstRow, rows: count });
  }
}

/** Makes a block for logits. Half precision is computed in float32. */
export function newBlock({ elementType }: OutputSpec, length: number): KernelArray {
  return elementType === "float64" ? new Float64Array(length) : new Float32Array(length);
}
