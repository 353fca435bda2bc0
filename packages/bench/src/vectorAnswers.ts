// The expected answers of losses of vectors, in float64. All are means, and gradients are those of the first argument.
import { type Answer, labelLists, moved, type Operation, type Problem, signs } from "./problem.ts";

/** Returns the loss of row r, and adds its gradient to `gradient`, which holds zeros. */
type RowLoss = (r: number, x: Float32Array, gradient: Float64Array) => number;

/** Returns the loss of the rows of a problem. */
type VectorLoss = (problem: Problem) => RowLoss;

const losses: Partial<Record<Operation, VectorLoss>> = {
  tripletGradient: triplet,
  cosineEmbeddingGradient: cosineEmbedding,
  multiMarginGradient: multiMargin,
  multilabelMarginGradient: multilabelMargin,
  multilabelSoftMarginGradient: multilabelSoftMargin,
};

/** Returns the expected answer of a loss of vectors; undefined for other operations. */
export function vectorAnswer(problem: Problem): Answer | undefined {
  const loss = losses[problem.operation]?.(problem);
  if (loss === undefined) return undefined;
  const { logits, targets, classes } = problem;
  const gradient = new Float64Array(logits.length);
  let sum = 0;
  for (let r = 0; r < targets.length; r++) {
    const [start, end] = [r * classes, (r + 1) * classes];
    sum += loss(r, logits.subarray(start, end), gradient.subarray(start, end));
  }
  const rows = targets.length;
  return { values: [sum / rows], gradient: gradient.map((slope) => slope / rows) };
}

/** The default of PyTorch and of Surprisal, which is added to each difference. */
const eps = 1e-6;

function triplet(problem: Problem): RowLoss {
  const { classes: size } = problem;
  const [positives, negatives] = [moved(problem, 1), moved(problem, 2)];
  return (r, x, gradient) => {
    const differences = (others: Float32Array) =>
      Float64Array.from(x, (value, j) => value - others[r * size + j] + eps);
    const [toPositive, toNegative] = [differences(positives), differences(negatives)];
    const [near, far] = [Math.hypot(...toPositive), Math.hypot(...toNegative)];
    const loss = near - far + 1;
    if (loss <= 0) return 0;
    for (let j = 0; j < size; j++) gradient[j] = toPositive[j] / near - toNegative[j] / far;
    return loss;
  };
}

function cosineEmbedding(problem: Problem): RowLoss {
  const { classes: size, targets } = problem;
  const others = moved(problem, 1);
  const labels = signs(targets.length);
  return (r, x, gradient) => {
    const y = others.subarray(r * size, (r + 1) * size);
    const dot = x.reduce((sum, value, j) => sum + value * y[j], 0);
    const [lengthOfX, lengthOfY] = [Math.hypot(...x), Math.hypot(...y)];
    const cosine = dot / (lengthOfX * lengthOfY);
    const slope = labels[r] === 1 ? -1 : Number(cosine > 0);
    for (let j = 0; j < size; j++) {
      gradient[j] = (slope / lengthOfX) * (y[j] / lengthOfY - (cosine * x[j]) / lengthOfX);
    }
    return labels[r] === 1 ? 1 - cosine : Math.max(0, cosine);
  };
}

function multiMargin({ targets, classes }: Problem): RowLoss {
  return (r, x, gradient) => {
    const target = targets[r];
    let sum = 0;
    for (let j = 0; j < classes; j++) {
      const margin = 1 - x[target] + x[j];
      if (j === target || margin <= 0) continue;
      sum += margin;
      gradient[j] += 1 / classes;
      gradient[target] -= 1 / classes;
    }
    return sum / classes;
  };
}

function multilabelMargin(problem: Problem): RowLoss {
  const { classes } = problem;
  const lists = labelLists(problem);
  return (r, x, gradient) => {
    const list = lists.subarray(r * classes, (r + 1) * classes);
    const labels = list.subarray(0, list.indexOf(-1));
    let sum = 0;
    for (const label of labels) {
      for (let i = 0; i < classes; i++) {
        const margin = 1 - (x[label] - x[i]);
        if (labels.includes(i) || margin <= 0) continue;
        sum += margin;
        gradient[i] += 1 / classes;
        gradient[label] -= 1 / classes;
      }
    }
    return sum / classes;
  };
}

function multilabelSoftMargin({ classes }: Problem): RowLoss {
  return (r, x, gradient) => {
    let sum = 0;
    for (let j = 0; j < classes; j++) {
      const label = (r * classes + j) % 2;
      const z = label === 1 ? x[j] : -x[j];
      sum += Math.max(-z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
      const slope = -1 / (1 + Math.exp(z)) / classes;
      gradient[j] = label === 1 ? slope : -slope;
    }
    return sum / classes;
  };
}
