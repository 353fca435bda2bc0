import {
  formatShape,
  type Layout,
  layoutOf,
  rowOffset,
  withoutAxis,
} from "@surprisal/core/authoring";
import type { TargetContext } from "./target.ts";
import { adviseOneHotInput } from "./targetAdvice.ts";
import { areUnsignedAndFinite, findInvalidProbability, isOneHot } from "./targetValues.ts";

/**
 * Throws if an array of the input's shape does not hold class probabilities: finite numbers of at least 0,
 * with any sum. Integers must be one-hot, because they could be class indices of a wrong shape.
 */
export function checkProbabilities(
  context: TargetContext,
  data: ArrayLike<number>,
  areIntegers: boolean,
): void {
  const { functionName, input, axis, ignoreIndex } = context;
  const shape = formatShape(input.shape);
  const indexShape = formatShape(withoutAxis(input.shape, axis));
  if (input.shape[axis] === 1) {
    throw new RangeError(
      `${functionName}: target has the input's shape ${shape}, which is for class probabilities, but the probability of a single class is always 1. For one logit per example, use binaryCrossEntropyWithLogits. For class indices, squeeze the target to shape ${indexShape}.`,
    );
  }
  if (ignoreIndex >= 0) {
    throw new RangeError(
      `${functionName}: ignoreIndex is for class indices, got ${ignoreIndex} with class probabilities.`,
    );
  }
  const layout = layoutOf(input.shape, axis);
  if (areIntegers) {
    const row = findRow(context, layout, (start) => !isOneHot(data, start, layout));
    if (row === undefined) return;
    throw new RangeError(
      `${functionName}: target has the input's shape ${shape} and holds integers, so each row must be one-hot, but row ${row} is not. Class indices have shape ${indexShape}.${adviseOneHotInput(input.data, layout)}`,
    );
  }
  // Without classes there may still be two billion rows.
  if (layout.size === 0) return;
  let j = -1;
  const isValid = data instanceof Float32Array && areUnsignedAndFinite(data);
  const row = isValid
    ? undefined
    : findRow(context, layout, (start) => {
        j = findInvalidProbability(data, start, layout);
        return j >= 0;
      });
  if (row === undefined) {
    checkNotCounts(context, data, layout);
    return;
  }
  throw new RangeError(
    `${functionName}: target must hold class probabilities, finite and at least 0, got ${data[rowOffset(row, layout) + j * layout.inner]} at row ${row}, class ${j}.${adviseOneHotInput(input.data, layout)}`,
  );
}

/**
 * Throws if all numbers are whole, as probabilities need not be, and one is 2 or more: such are class indices of a
 * wrong shape, or counts.
 */
function checkNotCounts(context: TargetContext, data: ArrayLike<number>, layout: Layout): void {
  const { functionName, input, axis } = context;
  let large: number | undefined;
  const fractional = findRow(context, layout, (start) => {
    for (let j = 0, k = start; j < layout.size; j++, k += layout.inner) {
      const count = data[k];
      // Not Number.isSafeInteger, which is slower. Numbers so large are no counts.
      if (count !== Math.floor(count) || count > Number.MAX_SAFE_INTEGER) return true;
      if (count >= 2 && large === undefined) large = count;
    }
    return false;
  });
  if (fractional !== undefined || large === undefined) return;
  const [shape, indexShape] = [input.shape, withoutAxis(input.shape, axis)].map(formatShape);
  throw new RangeError(
    `${functionName}: target has the input's shape ${shape}, so it must hold class probabilities, but it holds whole numbers such as ${large}. Class indices have shape ${indexShape}. Divide counts by their sum.${adviseOneHotInput(input.data, layout)}`,
  );
}

/** Returns the first row that is invalid and has a weight other than 0. */
function findRow(
  { sampleWeight }: TargetContext,
  layout: Layout,
  isInvalid: (start: number) => boolean,
): number | undefined {
  const rows = layout.outer * layout.inner;
  for (let r = 0; r < rows; r++) {
    if (sampleWeight?.[r] !== 0 && isInvalid(rowOffset(r, layout))) return r;
  }
  return undefined;
}
