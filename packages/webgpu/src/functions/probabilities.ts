import {
  formatShape,
  type Layout,
  layoutOf,
  rowOffset,
  sizeOf,
  withoutAxis,
} from "@surprisal/core/authoring";

/** The context that class probabilities must fit. */
export interface SoftTargetContext {
  readonly input: { readonly shape: readonly number[] };
  readonly axis: number;
  readonly ignoreIndex: number;
  readonly skipMasked: boolean;
}

/** Throws if a call that has class probabilities has an option or a shape that only class indices can have. */
export function checkSoftCall(
  functionName: string,
  { input: { shape }, axis, ignoreIndex, skipMasked }: SoftTargetContext,
): void {
  if (shape[axis] === 1) {
    throw new RangeError(
      `${functionName}: target has the input's shape ${formatShape(shape)}, which is for class probabilities, but the probability of a single class is always 1. For one logit per example, use binaryCrossEntropyWithLogits. For class indices, squeeze the target to shape ${formatShape(withoutAxis(shape, axis))}.`,
    );
  }
  if (ignoreIndex >= 0) {
    throw new RangeError(
      `${functionName}: ignoreIndex is for class indices, got ${ignoreIndex} with class probabilities.`,
    );
  }
  if (skipMasked) {
    throw new RangeError(
      `${functionName}: skipMasked is for class indices on the GPU, got class probabilities. Set the probabilities of masked classes to 0, and divide the others by their sum.`,
    );
  }
}

/**
 * Throws if an array of the input's shape does not hold class probabilities: finite numbers of at least 0. Whole numbers
 * could be class indices of a wrong shape, so integers must be one-hot, and floats must not be counts.
 *
 * @param isCounted returns whether a row counts: one of weight 0 may hold anything.
 */
export function checkProbabilities(
  functionName: string,
  data: ArrayLike<number>,
  { input: { shape }, axis }: SoftTargetContext,
  isCounted: (row: number) => boolean,
): void {
  const layout = layoutOf(shape, axis);
  const rows = layout.size === 0 ? 0 : layout.outer * layout.inner;
  let largest = 0;
  let isWhole = true;
  let oneHot = true;
  for (let row = 0; row < rows; row++) {
    if (!isCounted(row)) continue;
    let sum = 0;
    forEachClass(layout, row, (place, class_) => {
      const probability = data[place];
      if (!(probability >= 0 && probability < Number.POSITIVE_INFINITY)) {
        throw new RangeError(
          `${functionName}: target must hold class probabilities, finite and at least 0, got ${probability} at row ${row}, class ${class_}.`,
        );
      }
      isWhole &&= Number.isSafeInteger(probability);
      largest = Math.max(largest, probability);
      sum += probability;
    });
    oneHot &&= sum === 1;
  }
  if (!isWhole || sizeOf(shape) === 0) return;
  if (holdsIntegers(data) ? oneHot && largest <= 1 : largest < 2) return;
  throw new RangeError(
    `${functionName}: target has the input's shape ${formatShape(shape)}, so it must hold class probabilities, but it holds whole numbers such as ${largest} that are not one-hot. Class indices have shape ${formatShape(withoutAxis(shape, axis))}. Divide counts by their sum.`,
  );
}

function forEachClass(
  layout: Layout,
  row: number,
  visit: (place: number, class_: number) => void,
): void {
  const first = rowOffset(row, layout);
  for (let class_ = 0; class_ < layout.size; class_++) {
    visit(first + class_ * layout.inner, class_);
  }
}

/** Returns whether an array is a typed array of integers. */
function holdsIntegers(data: ArrayLike<number>): boolean {
  return (
    ArrayBuffer.isView(data) && !Object.prototype.toString.call(data).startsWith("[object Float")
  );
}
