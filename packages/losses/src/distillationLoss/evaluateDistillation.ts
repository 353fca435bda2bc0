// Computes the losses and gradients of distillation: on kernels for float32, else row by row in float64.
import {
  crossEntropyKernel,
  kullbackLeiblerKernel,
  rowOffset,
  sumOf,
} from "@surprisal/core/authoring";
import type { BatchResults } from "../define/defineLoss.ts";
import {
  type Distribution,
  divergenceTerm,
  newDistribution,
  readLogits,
} from "../define/divergence.ts";
import type { Rows } from "./readRows.ts";
import { computeStridedRows } from "./stridedRows.ts";

/** How the two losses of a row are mixed. */
export interface Mix {
  /** The share of the teacher. */
  readonly share: number;
  readonly temperature: number;
  /** The label of each row, if there are labels; negative if the row is ignored. */
  readonly labels: Int32Array | undefined;
}

/** Computes the losses, and the gradient of the student's logits x if it is asked for. */
export function evaluateDistillation(
  x: ArrayLike<number>,
  teacher: ArrayLike<number>,
  { layout, factors }: Rows,
  mix: Mix,
  results: BatchResults,
): void {
  const { losses, lossScale, gradients } = results;
  if (factors !== undefined) multiply(lossScale, factors);
  if (layout.inner === 1) computeRows(x, teacher, layout.size, mix, results);
  else computeStridedRows(computeRows, x, teacher, layout, mix, results);
  if (factors === undefined) return;
  multiply(losses, factors);
  // An ignored row has no gradient, whatever it holds.
  const out = gradients?.input;
  for (let r = 0; out !== undefined && r < factors.length; r++) {
    if (factors[r] !== 0) continue;
    const start = rowOffset(r, layout);
    for (let j = 0; j < layout.size; j++) out[start + j * layout.inner] = 0;
  }
}

/** Multiplies values by factors. A factor of 0 gives 0, even if the value is not finite. */
function multiply(values: Float64Array, factors: Float64Array): void {
  for (let r = 0; r < values.length; r++) values[r] = factors[r] === 0 ? 0 : values[r] * factors[r];
}

/** Computes adjacent rows: on kernels for float32, else row by row. */
export function computeRows(
  x: ArrayLike<number>,
  teacher: ArrayLike<number>,
  classes: number,
  mix: Mix,
  results: BatchResults,
): void {
  if (computeOnKernels(x, teacher, classes, mix, results)) return;
  computeInFloat64(x, teacher, classes, mix, results);
}

/** Computes float32 logits. Returns whether it did: otherwise the results may hold anything. */
function computeOnKernels(
  x: ArrayLike<number>,
  teacher: ArrayLike<number>,
  classes: number,
  mix: Mix,
  results: BatchResults,
): boolean {
  const { share, temperature, labels } = mix;
  const { losses, lossScale, gradients } = results;
  const out = gradients?.input;
  if (!(x instanceof Float32Array && teacher instanceof Float32Array)) return false;
  if (!(out === undefined || out instanceof Float32Array)) return false;
  const hasLabels = labels !== undefined && share < 1;
  if (hasLabels) storeCrossEntropy(x, classes, labels, 1 - share, results);
  if (share > 0) {
    const pairs = { x: teacher, y: x, rows: losses.length, size: classes };
    const weight = share * temperature * temperature;
    const gradient = out && { out, scales: lossScale, isAdded: hasLabels };
    if (!kullbackLeiblerKernel(pairs, temperature, weight, losses, gradient)) return false;
  }
  return true;
}

/** Writes the part of the labels, which has this share of the loss. */
function storeCrossEntropy(
  x: Float32Array,
  classes: number,
  labels: Int32Array,
  share: number,
  { losses, lossScale, gradients }: BatchResults,
): void {
  const layout = { outer: losses.length, size: classes, inner: 1 };
  const rowData = {
    load(first: number, count: number, targets: Int32Array, gradScale: Float64Array) {
      for (let r = 0; r < count; r++) {
        targets[r] = labels[first + r];
        gradScale[r] = share * lossScale[first + r];
      }
    },
    store(first: number, count: number, values: Float64Array) {
      for (let r = 0; r < count; r++) losses[first + r] = share * values[r];
    },
  };
  crossEntropyKernel(x, layout, rowData, gradients?.input);
}

function computeInFloat64(
  input: ArrayLike<number>,
  teacher: ArrayLike<number>,
  classes: number,
  { share, temperature, labels }: Mix,
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
    const label = labels?.[r] ?? -1;
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
      gradients.input[start + j] = scale * slope;
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
