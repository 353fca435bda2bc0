import { longArrayPool } from "../kernels/bufferPool.ts";

/** Class indices that have been checked. */
export interface ClassIndices {
  /**
   * The index of each row's class; −1 where the row is ignored. It is a copy: the caller's array may
   * change after the check, and kernels use these numbers as addresses.
   */
  readonly indices: Int32Array;
  readonly ignoredCount: number;
  /** Whether every ignored row has weight 0. */
  readonly areIgnoredByWeight: boolean;
}

/** The rows that are ignored. */
export interface IgnoredRows {
  /** Rows with this index are ignored. */
  readonly ignoreIndex: number;
  /** The weight of each row. A row of weight 0 is ignored, and its index is not checked. */
  readonly sampleWeight: Float64Array | undefined;
  /** Returns the index of a row in the caller's container, for errors. The default is the row itself. */
  readonly rowOf?: (row: number) => number;
}

/**
 * Copies class indices, each read once, and throws if one is not a class.
 *
 * @param label names function and argument in errors: "crossEntropy: target".
 */
export function copyClassIndices(
  label: string,
  data: ArrayLike<number>,
  rows: number,
  classes: number,
  ignored: IgnoredRows,
): ClassIndices {
  if (data instanceof Int32Array) {
    const copied =
      copyValid(data, rows, classes, ignored) ?? copyInt32(data, rows, classes, ignored);
    if (copied !== undefined) return copied;
  }
  const { ignoreIndex, sampleWeight, rowOf = (row) => row } = ignored;
  const indices = pool.acquire(rows);
  let ignoredCount = 0;
  for (let r = 0; r < rows; r++) {
    const index = data[r];
    if (index === ignoreIndex || (sampleWeight !== undefined && sampleWeight[r] === 0)) {
      indices[r] = -1;
      ignoredCount++;
    } else if (index >= 0 && index < classes && Number.isInteger(index)) indices[r] = index;
    else {
      const fault = Number.isInteger(index)
        ? `out of bounds for ${classes} classes.${adviseIndex(index)}`
        : "not a whole number.";
      throw new RangeError(`${label} ${formatIndex(index)} at row ${rowOf(r)} is ${fault}`);
    }
  }
  return { indices, ignoredCount, areIgnoredByWeight: ignoredCount === 0 };
}

const pool = /* @__PURE__ */ longArrayPool((length): Int32Array => new Int32Array(length));

/** Takes back the indices of `copyClassIndices`, which nobody may read any more. */
export function releaseClassIndices({ indices }: Pick<ClassIndices, "indices">): void {
  pool.release(indices);
}

/**
 * Does the same as `copyClassIndices` in less time if every index is a class. Returns undefined if one is not, or if the
 * rows of a class are ignored.
 */
function copyValid(
  data: Int32Array,
  rows: number,
  classes: number,
  { ignoreIndex, sampleWeight }: IgnoredRows,
): ClassIndices | undefined {
  if (ignoreIndex >= 0 && ignoreIndex < classes) return undefined;
  if (data.length !== rows) return undefined;
  const indices = pool.acquire(rows);
  indices.set(data);
  if (!areBelow(classes, indices)) {
    releaseClassIndices({ indices });
    return undefined;
  }
  let ignoredCount = 0;
  if (sampleWeight !== undefined) {
    // Without branches, which zeros here and there would mislead.
    for (let r = 0; r < rows; r++) {
      const isIgnored = +(sampleWeight[r] === 0);
      indices[r] |= -isIgnored;
      ignoredCount += isIgnored;
    }
  }
  return { indices, ignoredCount, areIgnoredByWeight: true };
}

/** Returns whether all integers are from 0 to below a limit. It takes a third of the time of comparing each. */
function areBelow(limit: number, integers: Int32Array): boolean {
  const { length } = integers;
  const last = limit - 1;
  const whole = length & ~3;
  // The sign of i or of last − i is set if i is out of bounds.
  let signs = 0;
  for (let r = 0; r < whole; r += 4) {
    const a = integers[r];
    const b = integers[r + 1];
    const c = integers[r + 2];
    const d = integers[r + 3];
    signs |= a | b | c | d | (last - a) | (last - b) | (last - c) | (last - d);
  }
  for (let r = whole; r < length; r++) signs |= integers[r] | (last - integers[r]);
  return signs >= 0;
}

/**
 * Does the same as `copyClassIndices` for one type of array, which is faster. Returns undefined if an index is not a
 * class.
 */
function copyInt32(
  data: Int32Array,
  rows: number,
  classes: number,
  ignored: IgnoredRows,
): ClassIndices | undefined {
  const indices = pool.acquire(rows);
  let ignoredCount = 0;
  // By blocks, because V8 optimizes a function of many calls sooner than a loop of many rounds.
  for (let first = 0; first < rows; first += blockLength) {
    const end = Math.min(rows, first + blockLength);
    const count = copyBlock(data, indices, first, end, classes, ignored);
    if (count < 0) {
      releaseClassIndices({ indices });
      return undefined;
    }
    ignoredCount += count;
  }
  return { indices, ignoredCount, areIgnoredByWeight: ignoredCount === 0 };
}

/** The indices that are copied by one call. */
const blockLength = 1024;

/** Copies the indices from `first` to `end`. Returns how many are ignored, or −1 if one is not a class. */
function copyBlock(
  data: Int32Array,
  indices: Int32Array,
  first: number,
  end: number,
  classes: number,
  { ignoreIndex, sampleWeight }: IgnoredRows,
): number {
  let ignoredCount = 0;
  for (let r = first; r < end; r++) {
    const index = data[r];
    if (index === ignoreIndex || (sampleWeight !== undefined && sampleWeight[r] === 0)) {
      indices[r] = -1;
      ignoredCount++;
    } else if (index >= 0 && index < classes) indices[r] = index;
    else return -1;
  }
  return ignoredCount;
}

/** Returns advice for an index that is out of bounds. */
function adviseIndex(index: number): string {
  return index < 0
    ? ` To ignore the rows with this index, set ignoreIndex: ${formatIndex(index)}.`
    : "";
}

/** Returns all digits of an integer of up to 64 bits. A number alone shows 16 or 17. */
function formatIndex(index: number): string {
  return Number.isInteger(index) && Math.abs(index) < 2 ** 64 ? `${BigInt(index)}` : `${index}`;
}
