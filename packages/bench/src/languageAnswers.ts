// The expected answers of the operations on language models, in float64.
import type { ReferenceValues } from "./expected.ts";
import {
  type Answer,
  linearLayer,
  type Operation,
  type Problem,
  settings,
  topCountOf,
} from "./problem.ts";

type LanguageOperation = (problem: Problem, reference: ReferenceValues) => Answer;

const answers: Partial<Record<Operation, LanguageOperation>> = {
  tokenLogProbs: (_, { losses }) => ({ values: losses.map((loss) => -loss) }),
  topLogProbs,
  linearCrossEntropy: (problem) => ({ values: linear(problem).values }),
  linearCrossEntropyGradient: linear,
};

/** Returns the expected answer of an operation on a language model; undefined for other operations. */
export function languageAnswer(problem: Problem, reference: ReferenceValues): Answer | undefined {
  return answers[problem.operation]?.(problem, reference);
}

function topLogProbs(problem: Problem, { logSoftmax }: ReferenceValues): Answer {
  const { targets, classes } = problem;
  const count = topCountOf(problem);
  const values = new Float64Array(targets.length * count);
  for (let r = 0; r < targets.length; r++) {
    const sorted = logSoftmax.slice(r * classes, (r + 1) * classes).sort();
    for (let i = 0; i < count; i++) values[r * count + i] = sorted[classes - 1 - i];
  }
  return { values };
}

/** Computes the mean loss, and its gradient for the hidden states. */
function linear(problem: Problem): Required<Answer> {
  const { targets, classes } = problem;
  const { hiddenSize } = settings;
  const { hidden, weight } = linearLayer(problem);
  const rows = targets.length;
  const gradient = new Float64Array(hidden.length);
  const logits = new Float64Array(classes);
  let sum = 0;
  for (let r = 0; r < rows; r++) {
    const state = hidden.subarray(r * hiddenSize, (r + 1) * hiddenSize);
    let max = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < classes; j++) {
      let dot = 0;
      for (let d = 0; d < hiddenSize; d++) dot += state[d] * weight[j * hiddenSize + d];
      logits[j] = dot;
      max = Math.max(max, dot);
    }
    const total = logits.reduce((partial, logit) => partial + Math.exp(logit - max), 0);
    sum += Math.log(total) + max - logits[targets[r]];
    for (let j = 0; j < classes; j++) {
      const p = Math.exp(logits[j] - max) / total;
      const slope = (p - Number(j === targets[r])) / rows;
      for (let d = 0; d < hiddenSize; d++) {
        gradient[r * hiddenSize + d] += slope * weight[j * hiddenSize + d];
      }
    }
  }
  return { values: [sum / rows], gradient };
}
