import type { FloatInput } from "@surprisal/core";
import { boolean, type OptionSchema, unknown } from "@surprisal/core/authoring";
import type { BatchCall, BatchResults } from "../define/batchLoss.ts";
import { batchLoss } from "../define/batchLoss.ts";
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import {
  addDotGradient,
  dotRows,
  loadEmbeddings,
  releaseEmbeddings,
  storeEmbeddingsGradient,
} from "../define/embeddings.ts";
import { checkPairs, readNumberOption } from "../define/pairs.ts";

/** Options of `sigmoidContrastiveLoss`. */
export interface SigmoidContrastiveLossOptions extends LossOptions {
  /**
   * The number that divides the similarities, finite and above 0: 1/t for the paper's t, which starts at
   * 10. `grads` has its derivative if it is given.
   *
   * @defaultValue 0.1
   */
  temperature?: number | undefined;
  /**
   * The number that is added to the logits, finite. The paper starts with −10: almost all pairs then count
   * as negatives, and most of them are. `grads` has its derivative if it is given.
   *
   * @defaultValue -10
   */
  bias?: number | undefined;
  /**
   * Whether queries and keys are divided by their norms, so that similarities are cosines.
   *
   * @defaultValue true
   */
  normalize?: boolean | undefined;
}

/**
 * Computes the contrastive loss of pairs of vectors, for each pair separately: does this key belong to this
 * query?
 *
 * It trains embeddings as `infoNceLoss` does, without a softmax over the batch, so that it works with
 * small and with large batches. Key i belongs to query i.
 *
 * ℓᵢ = Σⱼ softplus(−zᵢⱼ · sᵢⱼ) with the logits sᵢⱼ = qᵢ · kⱼ / τ + b, and zᵢⱼ = 1 for i = j, else −1;
 * ∂ℓᵢ/∂sᵢⱼ = −zᵢⱼ · sigmoid(−zᵢⱼ · sᵢⱼ)
 *
 * The mean divides by the number of queries, as the paper does, not by the number of pairs.
 *
 * `sampleWeight` has one weight per query, for its comparisons with all keys.
 *
 * @param queries vectors of shape [N, D].
 * @param keys vectors of shape [N, D].
 * @param options reduction, temperature, bias, normalize, sampleWeight, out; in `valueAndGrad` also
 * gradOutput.
 * @returns the loss in nats: a number, or with `reduction: "none"` one per query. `valueAndGrad` also
 * returns `grads`, the gradients of `queries`, `keys`, and of `temperature` and `bias` if given.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, or an option is out of range.
 *
 * @example
 * ```ts
 * import { sigmoidContrastiveLoss } from "@surprisal/losses";
 *
 * const queries = [[1, 0], [0, 1]];
 * const keys = [[1, 1], [0, 2]];
 * sigmoidContrastiveLoss(queries, keys); // 1.863…
 * sigmoidContrastiveLoss(queries, keys, { temperature: 1, bias: 0 }); // 1.257…
 * ```
 *
 * Source: Zhai et al., *Sigmoid loss for language image pre-training* (SigLIP), arXiv 2303.15343.
 */
export const sigmoidContrastiveLoss: Loss<
  [keys: FloatInput],
  SigmoidContrastiveLossOptions,
  "batch"
> = /* @__PURE__ */ batchLoss<SigmoidContrastiveLossOptions, [keys: FloatInput]>({
  kind: "batch",
  name: "sigmoidContrastiveLoss",
  arguments: ["queries", "keys"],
  arrayOptions: ["temperature", "bias"],
  differentiable: ["queries", "keys", "temperature", "bias"],
  options: {
    temperature: { ...(unknown<number>() as OptionSchema<number>), otherNames: /^t(au|emp)$/ },
    bias: { ...(unknown<number>() as OptionSchema<number>), otherNames: /^logitbia$/ },
    normalize: boolean(true),
  },
  neverThrows: true,
  formula: ({ normalize }) => ({
    lossShape({ functionName, arguments: { queries, keys } }) {
      checkPairs(functionName, queries, keys, true);
      return [queries.shape[0]];
    },
    prepare(call) {
      const scaling = readScaling(call);
      return { evaluate: (results) => evaluate(call, { ...scaling, normalize }, results) };
    },
  }),
});

interface Scaling {
  readonly temperature: number;
  readonly bias: number;
}

function readScaling({ functionName, arguments: tensors }: BatchCall): Scaling {
  const isPositive = (value: number) => value > 0 && value < Number.POSITIVE_INFINITY;
  return {
    temperature: readNumberOption(
      `${functionName}: temperature`,
      tensors.temperature,
      0.1,
      "a finite number above 0",
      isPositive,
    ),
    bias: readNumberOption(
      `${functionName}: bias`,
      tensors.bias,
      -10,
      "a finite number",
      Number.isFinite,
    ),
  };
}

/** Computes the losses of all queries, and the gradients that are asked for. */
function evaluate(
  { arguments: tensors, sampleWeight }: BatchCall,
  { temperature, bias, normalize }: Scaling & { normalize: boolean },
  { losses, gradients, lossScale }: BatchResults,
): void {
  const [count, size] = tensors.queries.shape;
  const load = (name: string) =>
    loadEmbeddings(tensors[name].data, size, normalize, gradients?.[name] !== undefined);
  const queries = load("queries");
  const keys = load("keys");
  let byTemperature = 0;
  let byBias = 0;
  for (let i = 0; i < count; i++) {
    if (sampleWeight?.[i] === 0) continue;
    for (let j = 0; j < count; j++) {
      const similarity = dotRows(queries, i, keys, j) / temperature;
      const sign = i === j ? 1 : -1;
      // softplus(x) and its derivative sigmoid(x).
      const x = -sign * (similarity + bias);
      const exp = Math.exp(-Math.abs(x));
      losses[i] += Math.max(0, x) + Math.log1p(exp);
      if (gradients === undefined) continue;
      const derivative = -sign * lossScale[i] * ((x > 0 ? 1 : exp) / (1 + exp));
      addDotGradient(queries, i, keys, j, derivative / temperature);
      byTemperature -= (derivative * similarity) / temperature;
      byBias += derivative;
    }
  }
  if (gradients !== undefined) {
    storeEmbeddingsGradient(queries, gradients.queries);
    storeEmbeddingsGradient(keys, gradients.keys);
    gradients.temperature?.fill(byTemperature);
    gradients.bias?.fill(byBias);
  }
  releaseEmbeddings(queries);
  releaseEmbeddings(keys);
}
