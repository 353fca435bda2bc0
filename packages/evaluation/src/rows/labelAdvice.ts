// The last sentence of a message about labels: the mistake that their shape or the logits hint at.
import {
  type FloatView,
  formatShape,
  isOneHot,
  layoutOf,
  type NumberView,
  rowOffset,
  sameShape,
  withoutAxis,
} from "@surprisal/core/authoring";

/** What the advice depends on: the arguments as they were read. */
interface Call {
  readonly logits: Pick<FloatView, "data" | "shape">;
  readonly labels: Pick<NumberView, "data" | "shape">;
  readonly axis: number;
  readonly probabilities: boolean;
}

/** Returns advice for labels whose shape is not that of the logits without the class axis. */
export function adviseShape(call: Call): string {
  const { logits, labels, axis } = call;
  const fitting = logits.shape.findIndex((_, i) =>
    sameShape(labels.shape, withoutAxis(logits.shape, i)),
  );
  if (fitting !== -1) return ` These labels fit another class axis: write { axis: ${fitting} }.`;
  const isVector = logits.shape.length === 1;
  if (isVector && sameShape(squeeze(labels.shape), logits.shape)) return adviseVector(call);
  const expected = withoutAxis(logits.shape, axis);
  if (sameShape(squeeze(labels.shape), squeeze(expected))) {
    const verb = labels.shape.length > expected.length ? "Squeeze" : "Reshape";
    return expected.length === 0
      ? " The label of one row is a number."
      : ` ${verb} them to shape ${formatShape(expected)}.`;
  }
  if (sameShape(labels.shape, logits.shape)) return adviseSameShape(call);
  if (labels.shape.some((_, i) => sameShape(logits.shape, withoutAxis(labels.shape, i)))) {
    return " Logits and labels seem to be swapped: the logits are the first argument.";
  }
  return isVector ? adviseTensor(logits.shape[0], labels.shape) : "";
}

/** Returns advice for labels that are not classes of rows with one class each. */
export function adviseSingleClass({ logits, axis, probabilities }: Omit<Call, "labels">): string {
  return logits.shape[axis] === 1 ? adviseBinary(probabilities) : "";
}

/** Returns advice for a vector of logits with as many labels, which was read as one row. */
function adviseVector({ logits, probabilities }: Call): string {
  const areClasses = logits.data.every((x) => Number.isInteger(x) && x >= 0);
  const predictions =
    " Predicted classes cannot be evaluated: pass the logits or probabilities of all classes.";
  return areClasses ? predictions : adviseBinary(probabilities);
}

function adviseBinary(probabilities: boolean): string {
  return probabilities
    ? " If each row has the probability p of class 1 alone, pass the rows [1 - p, p]."
    : " If each row has one logit x, as a binary classifier's, pass the rows [0, x].";
}

function adviseSameShape({ labels, axis }: Call): string {
  const layout = layoutOf(labels.shape, axis);
  const rows = layout.outer * layout.inner;
  for (let r = 0; r < rows; r++) {
    if (!isOneHot(labels.data, rowOffset(r, layout), layout)) {
      return " Labels are class indices: pass one number for each row.";
    }
  }
  return " These labels are one-hot: pass the index of the 1 of each row.";
}

/** Returns advice for a vector of logits that several rows seem to be in. */
function adviseTensor(length: number, [rows = 0, ...rest]: readonly number[]): string {
  const classes = length / rows;
  if (rest.length > 0 || rows < 2 || !Number.isInteger(classes)) return "";
  return ` A vector is one row. For ${rows} rows, give the logits their shape: tensor(logits, [${rows}, ${classes}]).`;
}

function squeeze(shape: readonly number[]): number[] {
  return shape.filter((size) => size !== 1);
}
