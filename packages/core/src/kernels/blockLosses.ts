// Losses of blocks in WebAssembly.
//
// The arrays are float32, and all in one memory of the kernels, as blocks of `blockPool` or tensors of `allocate` are.
// Losses and derivatives are at most 6 ulp off; where terms cancel, it is that many ulp of the largest term. Powers of γ
// add 3γ ulp, and 5γ ulp if a clip is subtracted from the base. `count` is rounded up to a multiple of four.
//
// The functions return the sum of the losses in float64; undefined if they have computed nothing: for other arrays, for
// few elements, for options beyond float32, or without WebAssembly.
import { asymmetric } from "../generated/asymmetric.ts";
import { binaryCrossEntropy } from "../generated/binaryCrossEntropy.ts";
import { blocks } from "../generated/blocks.ts";
import { differences } from "../generated/differences.ts";
import { gaussian } from "../generated/gaussian.ts";
import { hinge } from "../generated/hinge.ts";
import { klDivergence } from "../generated/klDivergence.ts";
import { logCosh } from "../generated/logCosh.ts";
import { logistic } from "../generated/logistic.ts";
import { poisson } from "../generated/poisson.ts";
import { sigmoidFocal } from "../generated/sigmoidFocal.ts";
import { softMargin } from "../generated/softMargin.ts";
import { weightedLogistic } from "../generated/weightedLogistic.ts";
import type { KernelArray } from "../types.ts";
import { type BlockOutputs, runBlockLoss } from "./wasm/blockLosses.ts";

/** A loss of x and y without options. */
type PairLossBlock = (
  x: KernelArray,
  y: KernelArray,
  outputs: BlockOutputs,
  count: number,
) => number | undefined;

/** Computes (x − y)² and its derivatives. */
export const squaredDifferenceBlock: PairLossBlock = (x, y, outputs, count) =>
  runBlockLoss(blocks, "squaredDifference", count, { x, y }, outputs);

/** Computes the cross-entropy of logits x and probabilities y, and its derivatives with respect to both, to 2.5 ulp. */
export const binaryCrossEntropyBlock: PairLossBlock = (x, y, outputs, count) =>
  runBlockLoss(logistic, "binaryCrossEntropy", count, { x, y }, outputs);

/** Computes the same where the class 1 has weights. */
export function weightedBinaryCrossEntropyBlock(
  x: KernelArray,
  y: KernelArray,
  weight: KernelArray,
  outputs: BlockOutputs,
  count: number,
): number | undefined {
  const inputs = { x, y, z: weight };
  return runBlockLoss(weightedLogistic, "weightedBinaryCrossEntropy", count, inputs, outputs);
}

/** Computes |x − y| and its sign, which is 0 at NaN. */
export const absoluteDifferenceBlock: PairLossBlock = (x, y, outputs, count) =>
  runBlockLoss(differences, "absoluteDifference", count, { x, y }, outputs);

/** Computes the Huber loss of x − y, and its derivatives. `delta` is above 0. */
export function huberBlock(
  x: KernelArray,
  y: KernelArray,
  outputs: BlockOutputs,
  count: number,
  delta: number,
): number | undefined {
  if (!isNormal(delta)) return undefined;
  return runBlockLoss(differences, "huber", count, { x, y }, outputs, delta);
}

/** Computes the Huber loss of x − y, divided by `beta`, and its derivatives. `beta` is above 0. */
export function smoothL1Block(
  x: KernelArray,
  y: KernelArray,
  outputs: BlockOutputs,
  count: number,
  beta: number,
): number | undefined {
  if (!isNormal(beta)) return undefined;
  return runBlockLoss(differences, "smoothL1", count, { x, y }, outputs, beta, 1 / beta);
}

/** Computes max(0, margin − t · (x − y)), and its derivatives with respect to x and y, also where t is NaN. */
export function marginRankingBlock(
  x: KernelArray,
  y: KernelArray,
  t: KernelArray,
  outputs: BlockOutputs,
  count: number,
  margin: number,
): number | undefined {
  const high = Math.fround(margin);
  if (margin !== 0 && !isNormal(Math.abs(high))) return undefined;
  const inputs = { x, y, z: t };
  return runBlockLoss(differences, "marginRanking", count, inputs, outputs, high, margin - high);
}

/**
 * Computes the hinge embedding loss: x for the label 1, max(0, margin − x) for −1, the sum of both for others. Its
 * derivative is with respect to x.
 */
export function hingeBlock(
  x: KernelArray,
  y: KernelArray,
  outputs: BlockOutputs,
  count: number,
  margin: number,
): number | undefined {
  const high = Math.fround(margin);
  if (margin !== 0 && !isNormal(Math.abs(high))) return undefined;
  return runBlockLoss(hinge, "hinge", count, { x, y }, outputs, high, margin - high);
}

/** Computes the cross-entropy of probabilities x and y, and its derivatives, given the least logarithm and denominator. */
export function probabilityCrossEntropyBlock(
  x: KernelArray,
  y: KernelArray,
  outputs: BlockOutputs,
  count: number,
  leastLogarithm: number,
  leastDenominator: number,
): number | undefined {
  return runBlockLoss(
    binaryCrossEntropy,
    "binaryCrossEntropy",
    count,
    { x, y },
    outputs,
    leastLogarithm,
    leastDenominator,
  );
}

/** Computes log(1 + exp(−y · x)), and its derivative with respect to x. */
export const softMarginBlock: PairLossBlock = (x, y, outputs, count) =>
  runBlockLoss(softMargin, "softMargin", count, { x, y }, outputs);

/** Computes exp(x) − y · x, and its derivatives. */
export const poissonBlock: PairLossBlock = (x, y, outputs, count) =>
  runBlockLoss(poisson, "poisson", count, { x, y }, outputs);

/** Computes y · (log y − x), which is 0 where y is 0, and its derivatives with respect to x and y. */
export const klDivergenceBlock: PairLossBlock = (x, y, outputs, count) =>
  runBlockLoss(klDivergence, "klDivergence", count, { x, y }, outputs);

/**
 * Computes the negative log-likelihood of y in a normal distribution of mean x and at least the variance `eps`, plus a
 * constant, and its derivatives.
 */
export function gaussianBlock(
  x: KernelArray,
  y: KernelArray,
  variance: KernelArray,
  outputs: BlockOutputs,
  count: number,
  eps: number,
  constant: number,
): number | undefined {
  if (!isNormal(eps)) return undefined;
  return runBlockLoss(gaussian, "gaussian", count, { x, y, z: variance }, outputs, eps, constant);
}

/** Computes the focal loss of logits x and labels y, and its derivative with respect to x, for small whole γ. */
export function sigmoidFocalBlock(
  x: KernelArray,
  y: KernelArray,
  outputs: BlockOutputs,
  count: number,
  alpha: number,
  gamma: number,
): number | undefined {
  const [weight0, weight1] = alpha < 0 ? [1, 1] : [1 - alpha, alpha];
  const areNormal = [weight0, weight1].every((weight) => weight === 0 || isNormal(weight));
  if (!isSmallPower(gamma) || !areNormal) return undefined;
  const inputs = { x, y };
  return runBlockLoss(
    sigmoidFocal,
    "sigmoidFocal",
    count,
    inputs,
    outputs,
    weight0,
    weight1,
    gamma,
  );
}

/** Computes log cosh(x − y), and its derivatives. */
export const logCoshBlock: PairLossBlock = (x, y, outputs, count) =>
  runBlockLoss(logCosh, "logCosh", count, { x, y }, outputs);

/** Computes the asymmetric loss of logits x and labels y, and its derivative with respect to x, for small whole γ. */
export function asymmetricBlock(
  x: KernelArray,
  y: KernelArray,
  outputs: BlockOutputs,
  count: number,
  clip: number,
  gammaPos: number,
  gammaNeg: number,
): number | undefined {
  const isSupported = isSmallPower(gammaPos) && isSmallPower(gammaNeg) && clip < maxClip;
  if (!isSupported || !(clip === 0 || isNormal(clip))) return undefined;
  const clipLogit = Math.log(clip / (1 - clip));
  const parameters = [clip, gammaPos, gammaNeg, clipLogit] as const;
  return runBlockLoss(asymmetric, "asymmetric", count, { x, y }, outputs, ...parameters);
}

/** Beyond this clip, the kernel's formulas lose digits. */
const maxClip = 0.5;

function isSmallPower(gamma: number): boolean {
  return Number.isInteger(gamma) && gamma <= maxGamma;
}

/** A power is this many products. */
const maxGamma = 5;

/** Numbers between these are normal floats, and so are their doubles and their inverses. */
const minNormal = 2 ** -125;
const maxNormal = 2 ** 126;

function isNormal(x: number): boolean {
  return x >= minNormal && x <= maxNormal;
}
