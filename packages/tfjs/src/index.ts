/**
 * The losses of `@surprisal/losses` as operations of TensorFlow.js, with gradients.
 *
 * @module
 */
import * as losses from "@surprisal/losses";
import { operation } from "./operation.ts";

export {
  type CategoricalOptions,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
} from "./kerasLosses.ts";
export type { Operation, OperationOptions } from "./operation.ts";

/** `asymmetricLoss` of `@surprisal/losses`, for tensors. */
export const asymmetricLoss = /* @__PURE__ */ operation(losses.asymmetricLoss);
/** `binaryCrossEntropy` of `@surprisal/losses`, for tensors. */
export const binaryCrossEntropy = /* @__PURE__ */ operation(losses.binaryCrossEntropy);
/** `binaryCrossEntropyWithLogits` of `@surprisal/losses`, for tensors. */
export const binaryCrossEntropyWithLogits = /* @__PURE__ */ operation(
  losses.binaryCrossEntropyWithLogits,
);
/** `cosineEmbeddingLoss` of `@surprisal/losses`, for tensors. */
export const cosineEmbeddingLoss = /* @__PURE__ */ operation(losses.cosineEmbeddingLoss);
/** `crossEntropy` of `@surprisal/losses`, for tensors. */
export const crossEntropy = /* @__PURE__ */ operation(losses.crossEntropy);
/** `ctcLoss` of `@surprisal/losses`, for tensors. */
export const ctcLoss = /* @__PURE__ */ operation(losses.ctcLoss);
/** `diceLoss` of `@surprisal/losses`, for tensors. */
export const diceLoss = /* @__PURE__ */ operation(losses.diceLoss);
/** `distillationLoss` of `@surprisal/losses`, for tensors. */
export const distillationLoss = /* @__PURE__ */ operation(losses.distillationLoss);
/** `focalLoss` of `@surprisal/losses`, for tensors. */
export const focalLoss = /* @__PURE__ */ operation(losses.focalLoss);
/** `gaussianNllLoss` of `@surprisal/losses`, for tensors. */
export const gaussianNllLoss = /* @__PURE__ */ operation(losses.gaussianNllLoss);
/** `generalizedCrossEntropy` of `@surprisal/losses`, for tensors. */
export const generalizedCrossEntropy = /* @__PURE__ */ operation(losses.generalizedCrossEntropy);
/** `hingeEmbeddingLoss` of `@surprisal/losses`, for tensors. */
export const hingeEmbeddingLoss = /* @__PURE__ */ operation(losses.hingeEmbeddingLoss);
/** `huberLoss` of `@surprisal/losses`, for tensors. */
export const huberLoss = /* @__PURE__ */ operation(losses.huberLoss);
/** `infoNceLoss` of `@surprisal/losses`, for tensors. */
export const infoNceLoss = /* @__PURE__ */ operation(losses.infoNceLoss);
/** `jensenShannonDivergence` of `@surprisal/losses`, for tensors. */
export const jensenShannonDivergence = /* @__PURE__ */ operation(losses.jensenShannonDivergence);
/** `klDiv` of `@surprisal/losses`, for tensors. */
export const klDiv = /* @__PURE__ */ operation(losses.klDiv);
/** `l1Loss` of `@surprisal/losses`, for tensors. */
export const l1Loss = /* @__PURE__ */ operation(losses.l1Loss);
/** `logCoshLoss` of `@surprisal/losses`, for tensors. */
export const logCoshLoss = /* @__PURE__ */ operation(losses.logCoshLoss);
/** `marginRankingLoss` of `@surprisal/losses`, for tensors. */
export const marginRankingLoss = /* @__PURE__ */ operation(losses.marginRankingLoss);
/** `mseLoss` of `@surprisal/losses`, for tensors. */
export const mseLoss = /* @__PURE__ */ operation(losses.mseLoss);
/** `multiMarginLoss` of `@surprisal/losses`, for tensors. */
export const multiMarginLoss = /* @__PURE__ */ operation(losses.multiMarginLoss);
/** `multilabelMarginLoss` of `@surprisal/losses`, for tensors. */
export const multilabelMarginLoss = /* @__PURE__ */ operation(losses.multilabelMarginLoss);
/** `multilabelSoftMarginLoss` of `@surprisal/losses`, for tensors. */
export const multilabelSoftMarginLoss = /* @__PURE__ */ operation(losses.multilabelSoftMarginLoss);
/** `nllLoss` of `@surprisal/losses`, for tensors. */
export const nllLoss = /* @__PURE__ */ operation(losses.nllLoss);
/** `poissonNllLoss` of `@surprisal/losses`, for tensors. */
export const poissonNllLoss = /* @__PURE__ */ operation(losses.poissonNllLoss);
/** `polyLoss` of `@surprisal/losses`, for tensors. */
export const polyLoss = /* @__PURE__ */ operation(losses.polyLoss);
/** `sigmoidContrastiveLoss` of `@surprisal/losses`, for tensors. */
export const sigmoidContrastiveLoss = /* @__PURE__ */ operation(losses.sigmoidContrastiveLoss);
/** `sigmoidFocalLoss` of `@surprisal/losses`, for tensors. */
export const sigmoidFocalLoss = /* @__PURE__ */ operation(losses.sigmoidFocalLoss);
/** `smoothL1Loss` of `@surprisal/losses`, for tensors. */
export const smoothL1Loss = /* @__PURE__ */ operation(losses.smoothL1Loss);
/** `softMarginLoss` of `@surprisal/losses`, for tensors. */
export const softMarginLoss = /* @__PURE__ */ operation(losses.softMarginLoss);
/** `sparsemaxLoss` of `@surprisal/losses`, for tensors. */
export const sparsemaxLoss = /* @__PURE__ */ operation(losses.sparsemaxLoss);
/** `symmetricCrossEntropy` of `@surprisal/losses`, for tensors. */
export const symmetricCrossEntropy = /* @__PURE__ */ operation(losses.symmetricCrossEntropy);
/** `tripletMarginLoss` of `@surprisal/losses`, for tensors. */
export const tripletMarginLoss = /* @__PURE__ */ operation(losses.tripletMarginLoss);
/** `tripletMarginWithDistanceLoss` of `@surprisal/losses`, for tensors. */
export const tripletMarginWithDistanceLoss = /* @__PURE__ */ operation(
  losses.tripletMarginWithDistanceLoss,
);
/** `tverskyLoss` of `@surprisal/losses`, for tensors. */
export const tverskyLoss = /* @__PURE__ */ operation(losses.tverskyLoss);
