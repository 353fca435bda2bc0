import { formatShape } from "../arguments/format.ts";
import { type Layout, layoutOf, rowOffset, withoutAxis } from "../arrays/layout.ts";
import { bitwiseOr } from "../kernels/wasm/bits.ts";

/** The call that class probabilities are an argument of. */
export interface ProbabilitiesContext {
  readonly functionName: string;
  /** The shape of the logits, which is also that of the probabilities. */
  readonly shape: readonly number[];
  /** The class axis. */
  readonly axis: number;
  readonly ignoreIndex: number;
}

/**
 * Throws if a call that has class probabilities has an option or a shape that only class indices can have.
 *
 * @throws RangeError if there is one class only, or an index is ignored.
 */
export function checkProbabilitiesCall(context: ProbabilitiesContext): void {
  const { functionName, shape, axis, ignoreIndex } = context;
  if (shape[axis] === 1) {
    throw new RangeError(
      `${functionName}: target has the input's shape ${formatShape(shape)}, which is for class probabilities, but the probability of a single class is always 1. For one logit per example, use binaryCrossEntropyWithLogits. For class indices, squeeze the target to shape ${indexShape(context)}.`,
    );
  }
  if (ignoreIndex >= 0) {
    throw new RangeError(
      `${functionName}: ignoreIndex is for class indices, got ${ignoreIndex} with class probabilities.`,
    );
  }
}

/**
 * Throws if an array of the input's shape does not hold class probabilities: finite numbers of at least 0, with any
 * sum. Integers must be one-hot, because they could be class indices of a wrong shape. Floats must not all be whole
 * if one is 2 or more: such are class indices of a wrong shape, or counts.
 *
 * @param data the array in row-major order.
 * @param areIntegers whether the array holds integers by its type.
 * @param isCounted returns whether a row counts: one of weight 0 may hold anything.
 * @param advise returns the last sentence of an error, with a space before it.
 * @throws RangeError if there is a number that is no probability.
 */
export function checkProbabilities(
  data: ArrayLike<number>,
  areIntegers: boolean,
  context: ProbabilitiesContext,
  isCounted?: (row: number) => boolean,
  advise: () => string = () => "",
): void {
  const { functionName } = context;
  const layout = layoutOf(context.shape, context.axis);
  const find = (matches: (start: number) => boolean) => findRow(layout, isCounted, matches);
  const shape = formatShape(context.shape);
  if (areIntegers) {
    const row = find((start) => !isOneHot(data, start, layout));
    if (row === undefined) return;
    throw new RangeError(
      `${functionName}: target has the input's shape ${shape} and holds integers, so each row must be one-hot, but row ${row} is not. Class indices have shape ${indexShape(context)}.${advise()}`,
    );
  }
  // Without classes there may still be two billion rows.
  if (layout.size === 0 || areBelowTwo(data)) return;
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
    `${functionName}: target has the input's shape ${shape}, so it must hold class probabilities, but it holds whole numbers such as ${count}. Class indices have shape ${indexShape(context)}. Divide counts by their sum.${advise()}`,
  );
}

/**
 * Returns whether the numbers of a float32 array are known to be at least 0 and less than 2, at a tenth of the time
 * of comparing each: of all floats, only these have neither of the two highest bits.
 */
function areBelowTwo(data: ArrayLike<number>): boolean {
  const bits = data instanceof Float32Array ? bitwiseOr(data) : undefined;
  return bits !== undefined && bits >>> 30 === 0;
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

/** Returns a number of 2 or more if all numbers are whole, as probabilities need not be. */
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
