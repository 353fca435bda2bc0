// The last sentence of a message about a target: the mistake that its values or shape hint at.
import {
  formatShape,
  isOneHot,
  type Layout,
  layoutOf,
  readNumbers,
  rowOffset,
  sameShape,
  withoutAxis,
} from "@surprisal/core/authoring";

/** The advice for swapped arguments. */
const swapped =
  " Input and target seem to be swapped: the input (logits or scores) is the first argument.";

/**
 * Returns the error for class indices of a wrong shape.
 *
 * @param axis the class axis of the input, from 0.
 * @param others the other shapes that fit, for the error.
 * @param isTarget whether they are the target, which may have been swapped with the input.
 */
export function indicesShapeError(
  label: string,
  indices: readonly number[],
  input: readonly number[],
  axis: number,
  others = "",
  isTarget = true,
): RangeError {
  const expected = formatShape(withoutAxis(input, axis));
  const advice = adviseShape(indices, input, axis, isTarget);
  return new RangeError(
    `${label} must have shape ${expected} (input ${formatShape(input)} without class axis ${axis})${others}, got ${formatShape(indices)}.${advice}`,
  );
}

/** Returns advice for a target, or for labels, of a wrong shape. */
function adviseShape(
  target: readonly number[],
  input: readonly number[],
  axis: number,
  mayBeSwapped: boolean,
): string {
  const axes = input.length > 1 ? [axis, 1] : [axis];
  for (const classAxis of axes) {
    const expected = withoutAxis(input, classAxis);
    if (sameShape(target, expected)) return ` It fits axis: ${classAxis}.`;
    if (!sameShape(squeeze(target), squeeze(expected))) continue;
    if (expected.length === 0) return " For one row, write a number, not an array.";
    const verb = target.length > expected.length ? "Squeeze" : "Reshape";
    const option = classAxis === axis ? "" : `, and set axis: ${classAxis}`;
    return ` ${verb} it to shape ${formatShape(expected)}${option}.`;
  }
  const advice = mayBeSwapped ? adviseLabels(input, target) : "";
  if (advice !== "") return advice;
  if (input.length === 1 && target.length === 1 && target[0] > 1) {
    const classes = input[0] / target[0];
    const shape = `[${target[0]}, ${Number.isInteger(classes) && classes > 0 ? classes : "C"}]`;
    return ` A vector is one row. For ${target[0]} rows, give the input its shape: tensor(input, ${shape}).`;
  }
  return "";
}

/** Returns advice if the input, whose target is invalid, holds one-hot rows. */
export function adviseOneHotInput(input: ArrayLike<number>, layout: Layout): string {
  const rows = layout.outer * layout.inner;
  for (let r = 0; r < rows; r++) if (!isOneHot(input, rowOffset(r, layout), layout)) return "";
  return rows > 0 ? swapped : "";
}

/** Returns advice if input and target seem to be swapped. */
export function adviseInput(input: unknown, target: unknown): string {
  try {
    const labels = readNumbers("input", input);
    const scores = readNumbers("target", target);
    return sameShape(labels.shape, scores.shape)
      ? adviseOneHotInput(labels.data, layoutOf(labels.shape, Math.max(0, labels.shape.length - 1)))
      : adviseLabels(labels.shape, scores.shape);
  } catch {
    return "";
  }
}

/** Returns advice if the input has the shape of class indices for the target. */
function adviseLabels(input: readonly number[], target: readonly number[]): string {
  const isLabels = target.some((_, axis) =>
    sameShape(squeeze(input), squeeze(withoutAxis(target, axis))),
  );
  return isLabels ? swapped : "";
}

function squeeze(shape: readonly number[]): number[] {
  return shape.filter((size) => size !== 1);
}
