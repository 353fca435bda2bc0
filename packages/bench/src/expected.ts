import { float64Reference, maxUlp } from "@surprisal/testing";
import { rowOffset } from "@surprisal/testing/benchmark";
import { languageAnswer } from "./languageAnswers.ts";
import { type Answer, type Data, layoutOf, type Problem } from "./problem.ts";
import { sequenceAnswer } from "./sequenceAnswers.ts";
import { isVariant, variantAnswer } from "./variants.ts";
import { vectorAnswer } from "./vectorAnswers.ts";

/** The results of all operations on the same data, in float64. */
export interface ReferenceValues {
  readonly softmax: Float64Array;
  readonly logSoftmax: Float64Array;
  readonly losses: Float64Array;
  /** The gradient of the sum of the losses: softmax − one-hot. */
  readonly gradient: Float64Array;
  /** The target's logit of each row. */
  readonly gathered: Float64Array;
}

/** The error in ulp from which an answer is wrong: less than half of the 24 bits are right. */
export const wrongThreshold = 2 ** 12;

export function computeReference(data: Data): ReferenceValues {
  const { rows, classes, stride, elements } = layoutOf(data);
  const reference = {
    softmax: new Float64Array(elements),
    logSoftmax: new Float64Array(elements),
    losses: new Float64Array(rows),
    gradient: new Float64Array(elements),
    gathered: new Float64Array(rows),
  };
  const row = new Float64Array(classes);
  for (let r = 0; r < rows; r++) {
    const start = rowOffset(data, r);
    for (let j = 0; j < classes; j++) row[j] = data.logits[start + j * stride];
    const target = data.targets[r];
    const { softmax, logSoftmax, gradient } = float64Reference(row);
    const rowGradient = gradient(target);
    for (let j = 0; j < classes; j++) {
      reference.softmax[start + j * stride] = softmax[j];
      reference.logSoftmax[start + j * stride] = logSoftmax[j];
      reference.gradient[start + j * stride] = rowGradient[j];
    }
    reference.losses[r] = -logSoftmax[target];
    reference.gathered[r] = row[target];
  }
  return reference;
}

/** Returns the expected answer to a problem. */
export function expectedAnswer(problem: Problem, reference: ReferenceValues): Answer {
  const { operation, reduction } = problem;
  switch (operation) {
    case "softmax":
      return { values: reference.softmax };
    case "logSoftmax":
    case "logOfSoftmax":
      return { values: reference.logSoftmax };
    case "gather":
    case "diagonal":
      return { values: reference.gathered };
  }
  const ofOthers =
    languageAnswer(problem, reference) ??
    vectorAnswer(problem) ??
    sequenceAnswer(problem, reference);
  if (ofOthers !== undefined) return ofOthers;
  if (isVariant(operation)) return variantAnswer(operation, problem, reference);
  const { losses, gradient } = reference;
  const values = reduction === "none" ? losses : [losses.reduce((a, b) => a + b) / losses.length];
  if (!operation.endsWith("Gradient")) return { values };
  return { values, gradient: gradient.map((g) => g / losses.length) };
}

/** Returns the largest error of an answer in ulp of float32, infinite if its length is not right. */
export function maxErrorUlp(answer: Answer, expected: Answer): number {
  return Math.max(
    maxError(answer.values, expected.values),
    expected.gradient === undefined ? 0 : maxError(answer.gradient ?? [], expected.gradient),
  );
}

function maxError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  return maxUlp(actual, expected, "float32");
}
