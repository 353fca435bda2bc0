// Computes the losses and gradients of distillation: on kernels for float32, else row by row in float64.
import { crossEntropyKernel, kullbackLeiblerKernel, sumOf } from "@surprisal/core/authoring";
import type { BatchResults } from "../define/defineLoss.ts";
import {
  type Distribution,
  divergenceTerm,
  newDistribution,
  readLogits,
} from "../define/divergence.ts";
import { clearIgnored } from "../define/elementBlocks.ts";

/** How the two losses of a row are mixed. */
interface Mix {
  /** The share of the teacher. */
  readonly share: number;
  readonly temperature: number;
  /** The label of each row, if there are labels; negative if the row is ignored. */
  readonly indices: Int32Array | undefined;
}

/** Computes the losses, and the gradient of the student's logits x if it is asked for. */
export function evaluateDistillation(
  x: ArrayLike<number>,
  teacher: ArrayLike<number>,
  classes: number,
  mix: Mix,
  results: BatchResults,
): void {
  clearIgnoredRows(mix, results.lossScale);
  if (!evaluateOnKernels(x, teacher, classes, mix, results)) {
    evaluateRows(x, teacher, classes, mix, results);
  }
  clearIgnoredRows(mix, results.losses);
}

/** Writes zeros for the rows that are ignored. */
function clearIgnoredRows({ indices = new Int32Array(0) }: Mix, values: Float64Array): void {
  for (let r = 0; r < indices.length; r++) if (indices[r] < 0) values[r] = 0;
}

/** Computes float32 logits. Returns whether it did: otherwise the results may hold anything. */
function evaluateOnKernels(
  x: ArrayLike<number>,
  teacher: ArrayLike<number>,
  classes: number,
  mix: Mix,
  results: BatchResults,
): boolean {
  const { share, temperature, indices } = mix;
  const { losses, lossScale, gradients } = results;
  const out = gradients?.input;
  if (!(x instanceof Float32Array && teacher instanceof Float32Array)) return false;
  if (!(out === undefined || out instanceof Float32Array)) return false;
  const hasLabels = indices !== undefined && share < 1;
  if (hasLabels) storeCrossEntropy(x, classes, indices, 1 - share, results);
  if (share > 0) {
    const pairs = { x: teacher, y: x, rows: losses.length, size: classes };
    const weight = share * temperature * temperature;
    const gradient = out && { out, scales: lossScale, isAdded: hasLabels };
    if (!kullbackLeiblerKernel(pairs, temperature, weight, losses, gradient)) return false;
  }
  // A row of weight 0 has no gradient, whatever it holds.
  if (out !== undefined) clearIgnored([out], lossScale, 0, losses.length, classes);
  return true;
}

/** Writes the part of the labels, which has this share of the loss. */
function storeCrossEntropy(
  x: Float32Array,
  classes: number,
  indices: Int32Array,
  share: number,
  { losses, lossScale, gradients }: BatchResults,
): void {
  const layout = { outer: losses.length, size: classes, inner: 1 };
  const rowData = {
    load(first: number, count: number, targets: Int32Array, gradScale: Float64Array) {
      for (let r = 0; r < count; r++) {
        targets[r] = indices[first + r];
        gradScale[r] = share * lossScale[first + r];
      }
    },
    store(first: number, count: number, values: Float64Array) {
      for (let r = 0; r < count; r++) losses[first + r] = share * values[r];
    },
  };
  crossEntropyKernel(x, layout, rowData, gradients?.input);
}

function evaluateRows(
  input: ArrayLike<number>,
  teacher: ArrayLike<number>,
  classes: number,
  { share, temperature, indices }: Mix,
  { losses, lossScale, gradients }: BatchResults,
): void {
  const row = new Float64Array(classes);
  const [soft, target, hard] = [
    newDistribution(classes),
    newDistribution(classes),
    newDistribution(classes),
  ];
  const read = (from: ArrayLike<number>, start: number, divisor: number, to: Distribution) => {
    for (let j = 0; j < classes; j++) row[j] = from[start + j];
    readLogits(row, divisor, to);
  };
  for (let r = 0; r < losses.length; r++) {
    const start = r * classes;
    read(input, start, temperature, soft);
    read(teacher, start, temperature, target);
    let loss = share === 0 ? 0 : share * temperature * temperature * divergence(target, soft);
    const label = indices?.[r] ?? -1;
    if (label >= 0 && share < 1) {
      read(input, start, 1, hard);
      loss -= (1 - share) * hard.logarithms[label];
    }
    losses[r] = loss;
    if (gradients?.input === undefined) continue;
    const scale = lossScale[r];
    storeDifferences(soft, target, row);
    for (let j = 0; j < classes; j++) {
      let slope = share === 0 ? 0 : share * temperature * row[j];
      if (label >= 0 && share < 1) {
        const rest = j === label ? restOf(hard, label) : -hard.probabilities[j];
        slope -= (1 - share) * rest;
      }
      // A row of weight 0 has no gradient, whatever it holds.
      gradients.input[start + j] = scale === 0 ? 0 : scale * slope;
    }
  }
}

/** Writes the probabilities of a distribution less those of another. */
function storeDifferences(
  { probabilities: p }: Distribution,
  { probabilities: q }: Distribution,
  differences: Float64Array,
): void {
  let top = -1;
  for (let j = 0; j < p.length; j++) {
    differences[j] = p[j] - q[j];
    if (p[j] > 0.5 && q[j] > 0.5) top = j;
  }
  if (top < 0) return;
  // Two probabilities near 1 have a difference without digits. The differences add up to 0.
  differences[top] = 0;
  differences[top] = 0 - sumOf(differences);
}

/** Returns KL(target ‖ prediction). */
function divergence(target: Distribution, prediction: Distribution): number {
  let sum = 0;
  for (let j = 0; j < target.probabilities.length; j++) {
    const p = target.probabilities[j];
    const ratio = target.logarithms[j] - prediction.logarithms[j];
    sum += divergenceTerm(p, prediction.probabilities[j], ratio);
  }
  return sum;
}

/** Returns 1 − p of a class, as the sum of the other probabilities, which keeps its digits. */
function restOf({ probabilities }: Distribution, label: number): number {
  let rest = 0;
  for (let j = 0; j < probabilities.length; j++) if (j !== label) rest += probabilities[j];
  return rest;
}
