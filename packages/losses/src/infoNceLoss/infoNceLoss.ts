import type { FloatInput } from "@surprisal/core";
import { boolean, type OptionSchema, unknown } from "@surprisal/core/authoring";
import { batchLoss } from "../define/batchLoss.ts";
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import { checkPairs, readNumberOption } from "../define/pairs.ts";
import { checkNegatives } from "./checkNegatives.ts";
import { evaluateInfoNce } from "./evaluateInfoNce.ts";

/** Options of `infoNceLoss`. */
export interface InfoNceLossOptions extends LossOptions {
  /**
   * The number that divides the similarities, finite and above 0. `grads` has its derivative if it is
   * given.
   *
   * @defaultValue 0.07
   */
  temperature?: number | undefined;
  /**
   * Whether the keys are also classified among the queries, as in CLIP. The loss of a pair is then the
   * mean of both directions.
   *
   * @defaultValue false
   */
  symmetric?: boolean | undefined;
  /**
   * Whether queries, keys and negatives are divided by their norms, so that similarities are cosines.
   *
   * @defaultValue true
   */
  normalize?: boolean | undefined;
  /**
   * Further negatives: [K, D] for all queries, or [N, K, D] with those of each query. `grads` has their
   * gradient.
   */
  negatives?: FloatInput | undefined;
}

/**
 * Computes the contrastive loss of pairs of vectors: the cross-entropy of picking the right key for each
 * query among all keys.
 *
 * It trains embeddings: a query, such as an image, gets close to its own key, such as a caption, and far
 * from the others. Key i belongs to query i. Further keys are negatives of all queries.
 *
 * ℓᵢ = −log softmax(sᵢ)ᵢ with the logits sᵢⱼ = qᵢ · kⱼ / τ; ∂ℓᵢ/∂sᵢⱼ = softmax(sᵢ)ⱼ − [i = j]
 *
 * With `symmetric`, ℓᵢ is the mean of that and of −log softmax(s'ᵢ)ᵢ, where s'ᵢ is the column of key i.
 * Negatives are in the rows only.
 *
 * `sampleWeight` has one weight per pair. A pair of weight 0 has no loss, but its vectors are still
 * negatives of the others.
 *
 * @param queries vectors of shape [N, D].
 * @param keys vectors of shape [N, D], or [M, D] with M > N: the keys from N on belong to no query. With
 * `symmetric`, the shape is [N, D].
 * @param options reduction, temperature, symmetric, normalize, negatives, sampleWeight, out; in
 * `valueAndGrad` also gradOutput.
 * @returns the loss in nats: a number, or with `reduction: "none"` one per query. `valueAndGrad` also
 * returns `grads`, the gradients of `queries`, `keys`, and of `negatives` and `temperature` if given.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, or an option is out of range.
 *
 * @example
 * ```ts
 * import { infoNceLoss } from "@surprisal/losses";
 *
 * const queries = [[1, 0], [0, 1]];
 * const keys = [[1, 1], [0, 2]];
 * infoNceLoss(queries, keys, { temperature: 1 }); // 0.479…
 * infoNceLoss(queries, keys, { temperature: 1, symmetric: true }); // 0.491…
 * infoNceLoss(queries, keys, { temperature: 1, negatives: [[-1, 0]] }); // 0.632…
 * ```
 *
 * Source: van den Oord, Li & Vinyals, *Representation learning with contrastive predictive coding*, arXiv
 * 1807.03748; `symmetric`: Radford et al., *Learning transferable visual models from natural language
 * supervision* (CLIP), arXiv 2103.00020.
 */
export const infoNceLoss: Loss<[keys: FloatInput], InfoNceLossOptions, "batch"> =
  /* @__PURE__ */ batchLoss<InfoNceLossOptions, [keys: FloatInput]>({
    kind: "batch",
    name: "infoNceLoss",
    arguments: ["queries", "keys"],
    arrayOptions: ["negatives", "temperature"],
    differentiable: ["queries", "keys", "negatives", "temperature"],
    options: {
      temperature: { ...(unknown<number>() as OptionSchema<number>), otherNames: /^t(au|emp)?$/ },
      symmetric: boolean(false),
      normalize: boolean(true),
      negatives: unknown<FloatInput>() as OptionSchema<FloatInput>,
    },
    neverThrows: true,
    formula: ({ symmetric, normalize }) => ({
      lossShape({ functionName, arguments: { queries, keys, negatives } }) {
        checkPairs(functionName, queries, keys, symmetric, adviceOnFurtherKeys);
        if (negatives !== undefined) checkNegatives(functionName, queries, negatives);
        return [queries.shape[0]];
      },
      prepare(call) {
        const label = `${call.functionName}: temperature`;
        const temperature = readNumberOption(
          label,
          call.arguments.temperature,
          0.07,
          "a finite number above 0",
          (value) => value > 0 && value < Number.POSITIVE_INFINITY,
        );
        return {
          evaluate: (results) =>
            evaluateInfoNce(call, { symmetric, normalize, temperature }, results),
        };
      },
    }),
  });

const adviceOnFurtherKeys = " With symmetric, pass further keys as the option negatives.";
