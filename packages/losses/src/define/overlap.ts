// The overlap of predicted and true regions, for diceLoss and tverskyLoss: ℓ = M / (I + M + smooth), with
// the overlap I and the mismatch M of a class.
import { type Layout, rowOffset, storeRow } from "@surprisal/core/authoring";
import type { BatchCall, BatchEvaluation, BatchFormula, BatchResults } from "./batchLoss.ts";
import { acquireFloat64, releaseFloat64 } from "./float64Pool.ts";
import type { ParsedOverlapOptions } from "./overlapOptions.ts";
import { backpropagate, loadProbabilities } from "./overlapProbabilities.ts";
import { isIgnoredRegion, lossOfRegion, type Regions, regionsOf } from "./overlapRegions.ts";
import { areShares, findElement, type OverlapTarget, readOverlapTarget } from "./overlapTarget.ts";
import { evaluateOnKernels } from "./overlapTiles.ts";

/** The measure of one position, for the probability p of a class and the target's share t. */
export interface OverlapMeasure {
  /** The factor of p · t in I. */
  readonly overlap: number;
  /** The factors in M of p · (1 − t), false positives, and of (1 − p) · t, false negatives. */
  readonly falsePositive: number;
  readonly falseNegative: number;
  /** Whether M is instead the sum of (p − t)². */
  readonly squared: boolean;
}

/** Returns the formula of a loss that measures overlap. */
export function overlapFormula(
  options: ParsedOverlapOptions,
  measure: OverlapMeasure,
): BatchFormula {
  return {
    lossShape: ({ functionName, arguments: { input } }) =>
      regionsOf(functionName, input, options).shape,
    prepare: (call) => prepareOverlap(call, options, measure),
  };
}

/** A call whose arguments have been read. */
export interface OverlapBatch {
  readonly input: ArrayLike<number>;
  /** The numbers of the target. */
  readonly targetData: ArrayLike<number>;
  /** The target that has been read from them. */
  readonly target: OverlapTarget;
  readonly regions: Regions;
  readonly options: ParsedOverlapOptions;
  readonly measure: OverlapMeasure;
  readonly sampleWeight: Float64Array | undefined;
}

function prepareOverlap(
  { functionName, arguments: { input, target }, sampleWeight }: BatchCall,
  options: ParsedOverlapOptions,
  measure: OverlapMeasure,
): BatchEvaluation {
  const regions = regionsOf(functionName, input, options);
  const weights = positionWeights(regions, sampleWeight);
  const { ignoreIndex } = options;
  const rows = { ignoreIndex, sampleWeight: weights };
  const checked = readOverlapTarget(functionName, input, target, regions, rows);
  if (options.activation === "none") {
    checkProbabilities(functionName, input.data, regions.layout, weights, checked.load);
  }
  const batch = {
    input: input.data,
    targetData: target.data,
    target: checked,
    regions,
    options,
    measure,
    sampleWeight,
  };
  return {
    evaluate(results) {
      if (!evaluateOnKernels(batch, results)) evaluateOverlap(batch, results);
      checked.release();
      if (weights !== undefined) releaseFloat64(weights);
    },
  };
}

/** Returns 0 for each position whose losses all have weight 0, and 1 for the others, in an array of the pool. */
function positionWeights(
  { layout, positions }: Regions,
  sampleWeight: Float64Array | undefined,
): Float64Array | undefined {
  if (sampleWeight === undefined) return undefined;
  const { size } = layout;
  const weights = acquireFloat64(layout.outer * layout.inner);
  for (let first = 0, r = 0; first < sampleWeight.length; first += size, r += positions) {
    weights.fill(Number(!isIgnoredRegion(sampleWeight, first, size)), r, r + positions);
  }
  return weights;
}

function checkProbabilities(
  functionName: string,
  data: ArrayLike<number>,
  layout: Layout,
  weights: Float64Array | undefined,
  loadTarget: OverlapTarget["load"],
): void {
  if (areShares(data, undefined)) return;
  const shares = new Float64Array(layout.size);
  const invalid = findElement(
    layout,
    weights,
    (i, position) => (data[i] < 0 || data[i] > 1) && loadTarget(position, shares),
  );
  if (invalid === undefined) return;
  throw new RangeError(
    `${functionName}: input must hold probabilities, from 0 to 1, for activation "none", got ${data[invalid]} at element ${invalid}. For logits, set activation: "softmax" or "sigmoid".`,
  );
}

/** Computes the loss of each region and, in a second pass, the gradient. */
function evaluateOverlap(
  batch: OverlapBatch,
  { losses, gradients, lossScale }: BatchResults,
): void {
  const { measure, options, sampleWeight } = batch;
  const overlaps = new Float64Array(losses.length);
  const mismatches = new Float64Array(losses.length);
  forEachPosition(batch, (first, classes, { p, complement, shares }) => {
    for (let j = 0; j < classes; j++) {
      const t = shares[j];
      const difference = differenceOf(p[j], complement[j], t);
      overlaps[first + j] += measure.overlap * p[j] * t;
      mismatches[first + j] += measure.squared
        ? difference * difference
        : measure.falsePositive * p[j] * (1 - t) + measure.falseNegative * complement[j] * t;
    }
  });
  // The derivatives of the loss with respect to M and, with its sign changed, to I.
  const byMismatch = new Float64Array(losses.length);
  const byOverlap = new Float64Array(losses.length);
  for (let i = 0; i < losses.length; i++) {
    if (sampleWeight?.[i] === 0) continue;
    const result = lossOfRegion(overlaps[i], mismatches[i], options.smooth);
    losses[i] = result.loss;
    byMismatch[i] = lossScale[i] * result.byMismatch;
    byOverlap[i] = lossScale[i] * result.byOverlap;
  }
  const gradient = gradients?.input;
  if (gradient === undefined) return;
  const { size, inner } = batch.regions.layout;
  const derivatives = new Float64Array(size);
  gradient.fill(0);
  forEachPosition(batch, (first, classes, probabilities, start) => {
    const { p, complement, shares } = probabilities;
    for (let j = 0; j < classes; j++) {
      const t = shares[j];
      const slope = measure.squared
        ? 2 * differenceOf(p[j], complement[j], t)
        : measure.falsePositive * (1 - t) - measure.falseNegative * t;
      const i = first + j;
      const isIgnored = byMismatch[i] === 0 && byOverlap[i] === 0;
      derivatives[j] = isIgnored ? 0 : byMismatch[i] * slope - byOverlap[i] * measure.overlap * t;
    }
    backpropagate(options.activation, probabilities, derivatives);
    storeRow(derivatives, gradient, start, inner);
  });
}

/** Returns p − t, with its digits where both are close to 1. */
function differenceOf(p: number, complement: number, t: number): number {
  return t === 1 ? -complement : p - t;
}

/** The probabilities and the target of one position. */
interface Position {
  readonly p: Float64Array;
  readonly complement: Float64Array;
  readonly shares: Float64Array;
}

/**
 * Calls `visit` for each position that counts, with the number of its first loss, the number of classes,
 * and the offset of its first element. Examples whose losses have weight 0 are left out.
 */
function forEachPosition(
  { input, target, regions, options, sampleWeight }: OverlapBatch,
  visit: (first: number, classes: number, position: Position, start: number) => void,
): void {
  const { layout, positions } = regions;
  const { size, inner, outer } = layout;
  const x = new Float64Array(size);
  const position = {
    p: new Float64Array(size),
    complement: new Float64Array(size),
    shares: new Float64Array(size),
  };
  for (let group = 0, r = 0; r < outer * inner; group++) {
    const first = group * size;
    const isIgnored = isIgnoredRegion(sampleWeight, first, size);
    for (const end = r + positions; r < end; r++) {
      if (isIgnored || !target.load(r, position.shares)) continue;
      const start = rowOffset(r, layout);
      for (let j = 0, k = start; j < size; j++, k += inner) x[j] = input[k];
      loadProbabilities(options.activation, x, position);
      visit(first, size, position, start);
    }
  }
}
