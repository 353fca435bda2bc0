// How Surprisal computes the losses of vectors, and the CTC loss.
import { logSoftmax, type Tensor } from "@surprisal/core";
import {
  cosineEmbeddingLoss,
  ctcLoss,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
  tripletMarginLoss,
} from "@surprisal/losses";
import {
  type Answer,
  elementTargets,
  labelLists,
  moved,
  type Problem,
  sequenceLabels,
  signs,
} from "../problem.ts";

type Floats = Tensor<Float32Array>;

/** Makes a tensor of a shape, by default that of the logits, with given numbers. */
type MakeTensor = (data?: ArrayLike<number>) => Floats;

/** Returns the gradient of the first argument, and the value. */
function answerOf(value: unknown, out: Floats): Answer {
  return { values: [value as number], gradient: out.data };
}

/** Returns what solves a problem of vectors or sequences; undefined for other problems. */
export function vectorSolver(problem: Problem, makeTensor: MakeTensor): (() => Answer) | undefined {
  const { targets, logits, shape } = problem;
  switch (problem.operation) {
    case "tripletGradient": {
      const [anchor, out] = [makeTensor(logits), makeTensor()];
      const [positive, negative] = [makeTensor(moved(problem, 1)), makeTensor(moved(problem, 2))];
      const options = { out: { anchor: out }, differentiate: ["anchor"] as const };
      return () =>
        answerOf(tripletMarginLoss.valueAndGrad(anchor, positive, negative, options).value, out);
    }
    case "cosineEmbeddingGradient": {
      const [input1, out] = [makeTensor(logits), makeTensor()];
      const input2 = makeTensor(moved(problem, 1));
      const labels = signs(targets.length);
      const options = { out: { input1: out }, differentiate: ["input1"] as const };
      return () =>
        answerOf(cosineEmbeddingLoss.valueAndGrad(input1, input2, labels, options).value, out);
    }
    case "multiMarginGradient": {
      const [x, out] = [makeTensor(logits), makeTensor()];
      return () => answerOf(multiMarginLoss.valueAndGrad(x, targets, { out }).value, out);
    }
    case "multilabelMarginGradient": {
      const [x, out] = [makeTensor(logits), makeTensor()];
      const labels = { data: labelLists(problem), shape };
      return () => answerOf(multilabelMarginLoss.valueAndGrad(x, labels, { out }).value, out);
    }
    case "multilabelSoftMarginGradient": {
      const [x, out] = [makeTensor(logits), makeTensor()];
      const labels = makeTensor(elementTargets(problem));
      const options = { out: { input: out }, differentiate: ["input"] as const };
      return () => answerOf(multilabelSoftMarginLoss.valueAndGrad(x, labels, options).value, out);
    }
    case "ctc":
    case "ctcGradient":
      return sequenceSolver(problem, makeTensor);
    default:
      return undefined;
  }
}

function sequenceSolver(problem: Problem, makeTensor: MakeTensor): () => Answer {
  const { logits, shape } = problem;
  const { labels, length, sequences, steps } = sequenceLabels(problem);
  // All implementations get the same log-probabilities.
  const exact = logSoftmax({ data: Float64Array.from(logits), shape });
  const logProbs = makeTensor(exact.data);
  const targets = { data: labels, shape: [sequences, length] };
  if (problem.operation === "ctc") {
    return () => ({ values: [ctcLoss(logProbs, targets, steps, length) as number] });
  }
  const out = makeTensor();
  return () => answerOf(ctcLoss.valueAndGrad(logProbs, targets, steps, length, { out }).value, out);
}
