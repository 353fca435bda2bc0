import { formatShape } from "../arguments/format.ts";
import { type Layout, layoutOf, rowOffset, withoutAxis } from "../arrays/layout.ts";
import { type BitwiseOr, bitwiseOr } from "../kernels/bits.ts";

/** The call that class probabilities are an argument of. */
export interface ProbabilitiesContext {
  readonly functionName: string;
  /** The shape of the probabilities. */
  readonly shape: readonly number[];
  /** What errors call this shape. The default is "the input's shape". */
  readonly shapeName?: string;
  /** The class axis. */
  readonly axis: number;
  readonly ignoreIndex: number;
}

/**
 * Throws if a call that has class probabilities has an option or a shape that only class indices can have.
 *
 * @throws RangeError if there is one class only, or if `ignoreIndex` is 0 or more.
 */
export function checkProbabilitiesCall(context: ProbabilitiesContext): void {
  const { functionName, shape, axis, ignoreIndex, shapeName = ownShape } = context;
  if (shape[axis] === 1) {
    throw new RangeError(
      `${functionName}: target has ${shapeName} ${formatShape(shape)}, which is for class probabilities, but the probability of a single class is always 1. For one logit per example, use binaryCrossEntropyWithLogits. For class indices, squeeze the target to shape ${indexShape(context)}.`,
    );
  }
  if (ignoreIndex >= 0) {
    throw new RangeError(
      `${functionName}: ignoreIndex is for class indices, got ${ignoreIndex} with class probabilities.`,
    );
  }
}

const ownShape = "the input's shape";

/** What `checkProbabilities` does beside its checks. */
interface CheckOptions {
  /** Returns whether a row counts: one of weight 0 may hold anything. By default, all rows do. */
  readonly isCounted?: ((row: number) => boolean) | undefined;
  /** Returns the last sentence of an error, with a space before it. */
  readonly advise?: () => string;
  /** A faster bitwise or. */
  readonly bitwiseOr?: BitwiseOr | undefined;
  /** The bitwise or of all probabilities, as integers of 32 bits, if they are float32 and it is known. */
  readonly bits?: number | undefined;
}

/**
 * Throws if an array does not hold class probabilities: finite numbers of at least 0, with any sum.
 *
 * Integers must be one-hot, because they could be class indices of a wrong shape. Floats may be whole numbers. If all
 * are, none may be 2 or more, because they could be counts, or class indices of a wrong shape.
 *
 * @param data the array in row-major order.
 * @param areIntegers whether the array holds integers by its type.
 * @throws RangeError if there is a number that is no probability.
 */
export function checkProbabilities(
  data: ArrayLike<number>,
  areIntegers: boolean,
  context: ProbabilitiesContext,
  { isCounted, advise = () => "", bitwiseOr: or = bitwiseOr, bits }: CheckOptions = {},
): void {
  const { functionName, shapeName = ownShape } = context;
  const layout = layoutOf(context.shape, context.axis);
  const find = (matches: (start: number) => boolean) => findRow(layout, isCounted, matches);
  const shape = formatShape(context.shape);
  if (areIntegers) {
    const row = find((start) => !isOneHot(data, start, layout));
    if (row === undefined) return;
    throw new RangeError(
      `${functionName}: target has ${shapeName} ${shape} and holds integers, so each row must be one-hot, but row ${row} is not. Class indices have shape ${indexShape(context)}.${advise()}`,
    );
  }
  // Without classes there may still be two billion rows.
  if (layout.size === 0) return;
  if (data instanceof Float32Array && areBelowTwo(bits ?? or(data))) return;
  let j = -1;
  const invalid = find((start) => {
    j = findInvalid(data, start, layout);
    return j >= 0;
  });
  if (invalid !== undefined) {
    const value = data[rowOffset(invalid, layout) + j * layout.inner];
    throw new RangeError(
      `${functionName}: target must hold class probabilities, finite and at least 0, got ${value} at row ${invalid}, class ${j}.${advise()}`,
    );
  }
  const count = findCount(data, layout, find);
  if (count === undefined) return;
  throw new RangeError(
    `${functionName}: target has ${shapeName} ${shape}, so it must hold class probabilities, but it holds whole numbers such as ${count}. Class indices have shape ${indexShape(context)}. Divide counts by their sum.${advise()}`,
  );
}

/**
 * Returns whether floats of this bitwise or are from +0 to below 2: the floats whose two highest bits are 0. It takes
 * much less time than comparing each number.
 */
function areBelowTwo(bits: number): boolean {
  return bits >>> 30 === 0;
}

/** Returns whether a row, whose first element is at `start`, has one 1 and zeros otherwise. */
export function isOneHot(data: ArrayLike<number>, start: number, { size, inner }: Layout): boolean {
  let ones = 0;
  for (let j = 0, k = start; j < size; j++, k += inner) {
    if (data[k] === 1) ones++;
    else if (data[k] !== 0) return false;
  }
  return ones === 1;
}

/** Returns the first class of a row whose probability is no finite number of at least 0, or −1. */
function findInvalid(data: ArrayLike<number>, start: number, { size, inner }: Layout): number {
  for (let j = 0, k = start; j < size; j++, k += inner) {
    if (!(data[k] >= 0 && data[k] < Number.POSITIVE_INFINITY)) return j;
  }
  return -1;
}

/** Returns a number of 2 or more, if there is one and all numbers are whole; else undefined. */
function findCount(
  data: ArrayLike<number>,
  { size, inner }: Layout,
  find: (matches: (start: number) => boolean) => number | undefined,
): number | undefined {
  let large: number | undefined;
  const fractional = find((start) => {
    for (let j = 0, k = start; j < size; j++, k += inner) {
      const count = data[k];
      // Not Number.isSafeInteger, which is slower. Numbers so large are no counts.
      if (count !== Math.floor(count) || count > Number.MAX_SAFE_INTEGER) return true;
      if (count >= 2 && large === undefined) large = count;
    }
    return false;
  });
  return fractional === undefined ? large : undefined;
}

/** Returns the first row that counts and matches. */
function findRow(
  layout: Layout,
  isCounted: ((row: number) => boolean) | undefined,
  matches: (start: number) => boolean,
): number | undefined {
  const rows = layout.outer * layout.inner;
  for (let r = 0; r < rows; r++) {
    if (isCounted?.(r) !== false && matches(rowOffset(r, layout))) return r;
  }
  return undefined;
}

/** Returns the shape of class indices for errors. */
function indexShape({ shape, axis }: ProbabilitiesContext): string {
  return formatShape(withoutAxis(shape, axis));
}
