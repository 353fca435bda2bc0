// The expected answers of losses of sequences, in float64.
import type { ReferenceValues } from "./expected.ts";
import { type Answer, type Problem, sequenceLabels } from "./problem.ts";

/** Returns the expected answer of the CTC loss; undefined for other operations. */
export function sequenceAnswer(
  problem: Problem,
  { logSoftmax }: ReferenceValues,
): Answer | undefined {
  if (!problem.operation.startsWith("ctc")) return undefined;
  const { labels, length, sequences, steps } = sequenceLabels(problem);
  const { classes } = problem;
  // As all implementations get them.
  const logProbs = Float32Array.from(logSoftmax);
  const gradient = new Float64Array(logProbs.length);
  let sum = 0;
  for (let n = 0; n < sequences; n++) {
    const states = statesOf(labels.subarray(n * length, (n + 1) * length));
    const logProb = (t: number, s: number) => logProbs[(t * sequences + n) * classes + states[s]];
    const { forward, backward, total } = sumAlignments(states, steps, logProb);
    const divisor = sequences * Math.max(1, length);
    sum -= total / divisor;
    for (let t = 0; t < steps; t++) {
      const start = (t * sequences + n) * classes;
      for (let c = 0; c < classes; c++) gradient[start + c] = Math.exp(logProbs[start + c]);
      // Both sums contain the probability of their state.
      states.forEach((label, s) => {
        const share = forward[t][s] + backward[t][s] - logProb(t, s) - total;
        gradient[start + label] -= Math.exp(share);
      });
      for (let c = 0; c < classes; c++) gradient[start + c] /= divisor;
    }
  }
  const values = [sum];
  return problem.operation === "ctc" ? { values } : { values, gradient };
}

/** Returns the labels with a blank 0 around each. */
function statesOf(labels: Int32Array): Int32Array {
  return Int32Array.from({ length: 2 * labels.length + 1 }, (_, s) =>
    s % 2 === 0 ? 0 : labels[(s - 1) / 2],
  );
}

/** Returns the forward and backward variables of Graves et al. (2006), and the log-probability of all alignments. */
function sumAlignments(
  states: Int32Array,
  steps: number,
  logProb: (t: number, s: number) => number,
) {
  const last = states.length - 1;
  const newRows = () =>
    Array.from({ length: steps }, () =>
      new Float64Array(states.length).fill(Number.NEGATIVE_INFINITY),
    );
  const [forward, backward] = [newRows(), newRows()];
  // Only equal labels need a blank between them.
  const canSkip = (s: number) => s >= 2 && s % 2 === 1 && states[s] !== states[s - 2];
  for (let t = 0; t < steps; t++) {
    for (let s = 0; s <= last; s++) {
      const before = forward[t - 1] ?? [];
      const starts = t === 0 && s <= 1 ? 0 : Number.NEGATIVE_INFINITY;
      const ways = [starts, before[s], before[s - 1], canSkip(s) ? before[s - 2] : undefined];
      forward[t][s] = logProb(t, s) + logSumExp(ways);
    }
  }
  for (let t = steps - 1; t >= 0; t--) {
    for (let s = 0; s <= last; s++) {
      const after = backward[t + 1] ?? [];
      const ends = t === steps - 1 && s >= last - 1 ? 0 : Number.NEGATIVE_INFINITY;
      const ways = [ends, after[s], after[s + 1], canSkip(s + 2) ? after[s + 2] : undefined];
      backward[t][s] = logProb(t, s) + logSumExp(ways);
    }
  }
  return { forward, backward, total: logSumExp(forward[steps - 1].slice(-2)) };
}

/** Returns log Σ exp of the numbers that there are. */
function logSumExp(numbers: ArrayLike<number | undefined>): number {
  const present = Array.from(numbers).filter((x) => x !== undefined);
  const max = Math.max(...present);
  if (max === Number.NEGATIVE_INFINITY) return max;
  return max + Math.log(present.reduce((sum, x) => sum + Math.exp(x - max), 0));
}
