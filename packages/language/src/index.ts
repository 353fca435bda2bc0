/**
 * Scores language models: log-probabilities of tokens, perplexity, entropy and ranks.
 *
 * @module
 */
export {
  type LanguageScore,
  type LanguageScoreInput,
  languageScore,
} from "./languageScore/languageScore.ts";
export {
  type LinearCrossEntropyOptions,
  linearCrossEntropy,
} from "./linearCrossEntropy/linearCrossEntropy.ts";
export type { TemperatureOptions, TokenOptions } from "./logits/options.ts";
export { type MergedPartials, mergePartials } from "./partialSoftmax/mergePartials.ts";
export { type PartialGradientOptions, partialGradient } from "./partialSoftmax/partialGradient.ts";
export {
  type PartialSoftmaxOptions,
  type PartialState,
  partialSoftmax,
} from "./partialSoftmax/partialSoftmax.ts";
export { type PerplexityOptions, perplexity } from "./perplexity/perplexity.ts";
export { tokenEntropy } from "./tokenEntropy/tokenEntropy.ts";
export { type TokenLogProbsOptions, tokenLogProbs } from "./tokenLogProbs/tokenLogProbs.ts";
export { type Ranks, tokenRanks } from "./tokenRanks/tokenRanks.ts";
export { type Indices, type TopLogProbs, topLogProbs } from "./topLogProbs/topLogProbs.ts";
