import { float64Reference, maxUlp } from "@surprisal/testing";
import type { Answer, Data, Problem } from "./problem.ts";
import { rowsOf } from "./problem.ts";

/** Everything that can be asked about some data, in float64. */
export interface Truth {
  readonly softmax: Float64Array;
  readonly logSoftmax: Float64Array;
  readonly losses: Float64Array;
  /** softmax − one-hot: what a loss summed over the rows has as its gradient. */
  readonly gradient: Float64Array;
  readonly picked: Float64Array;
}

/** An answer with an entry of which less than half of the 24 bits are right. */
export const wrongFrom = 2 ** 12;

export function truthOf(data: Data): Truth {
  const { classes, inner, rows, elements, startOf } = rowsOf(data);
  const truth = {
    softmax: new Float64Array(elements),
    logSoftmax: new Float64Array(elements),
    losses: new Float64Array(rows),
    gradient: new Float64Array(elements),
    picked: new Float64Array(rows),
  };
  const row = new Float64Array(classes);
  for (let r = 0; r < rows; r++) {
    const start = startOf(r);
    for (let j = 0; j < classes; j++) row[j] = data.logits[start + j * inner];
    const target = data.targets[r];
    const reference = float64Reference(row);
    const gradient = reference.gradient(target);
    for (let j = 0; j < classes; j++) {
      truth.softmax[start + j * inner] = reference.softmax[j];
      truth.logSoftmax[start + j * inner] = reference.logSoftmax[j];
      truth.gradient[start + j * inner] = gradient[j];
    }
    truth.losses[r] = -reference.logSoftmax[target];
    truth.picked[r] = row[target];
  }
  return truth;
}

/** What the right answer to a problem is. */
export function expected({ operation, reduction }: Problem, truth: Truth): Answer {
  switch (operation) {
    case "softmax":
      return { values: truth.softmax };
    case "logSoftmax":
    case "logOfSoftmax":
      return { values: truth.logSoftmax };
    case "gather":
    case "diagonal":
      return { values: truth.picked };
  }
  const { losses } = truth;
  const values = reduction === "none" ? losses : [losses.reduce((a, b) => a + b) / losses.length];
  if (!operation.endsWith("Gradient")) return { values };
  return { values, gradient: truth.gradient.map((g) => g / losses.length) };
}

/** The greatest error of an answer, in units in the last place of float32. */
export function errorOf(answer: Answer, right: Answer): number {
  return Math.max(
    distance(answer.values, right.values),
    right.gradient === undefined ? 0 : distance(answer.gradient ?? [], right.gradient),
  );
}

function distance(actual: ArrayLike<number>, right: ArrayLike<number>): number {
  if (actual.length !== right.length) return Number.POSITIVE_INFINITY;
  return maxUlp(actual, right, "float32");
}
