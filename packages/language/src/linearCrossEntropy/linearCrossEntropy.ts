import type { FloatInput } from "@surprisal/core";
import {
  boolean,
  integer,
  numeric,
  type OptionSchema,
  picklist,
  unknown,
} from "@surprisal/core/authoring";
import {
  type BatchCall,
  type ClassLossOptions,
  type ClassTarget,
  defineBatchLoss,
  type Loss,
} from "@surprisal/losses";
import { readNextWeights } from "../logits/nextWeights.ts";
import { evaluateBlocks } from "./evaluateBlocks.ts";
import { lossShape, readProblem } from "./readProblem.ts";

/** Options of `linearCrossEntropy`. */
export interface LinearCrossEntropyOptions extends Omit<ClassLossOptions, "axis"> {
  /** One number for each token, which is added to its logits. The bias has a gradient. */
  bias?: FloatInput | undefined;
  /**
   * Whether position t is scored against target t + 1, as for a causal language model. Then `sampleWeight` has one
   * weight for each token, like an attention mask. The weight of the first token is not used.
   *
   * @defaultValue false
   */
  shift?: boolean | undefined;
  /**
   * λ: λ · logSumExp(logits)² is added to each loss, which keeps the logits small.
   *
   * @defaultValue 0
   */
  zLoss?: number | undefined;
  /**
   * s: each logit x becomes s · tanh(x / s).
   *
   * @defaultValue Infinity
   */
  softcap?: number | undefined;
}

/**
 * Computes the cross-entropy of a language model's last layer from its hidden states, without ever holding
 * the logits of all positions in memory.
 *
 * The logits, of shape [T, V], are the largest array of a language model. They are computed block by block:
 * as many positions at a time as fit into 2 MiB, or up to 24 positions if they fit into 3 MiB, and at least one. The
 * gradients of a block are passed on to hidden states, weight and bias immediately.
 *
 * ℓ[t] = crossEntropy(hidden[t] · weightᵀ + bias, target[t]); with `shift`, target[t + 1]
 *
 * ∂ℓ/∂hidden = G · weight, ∂ℓ/∂weight = Gᵀ · hidden, ∂ℓ/∂bias = Σₜ G[t]
 *
 * G is the gradient of the logits.
 *
 * @param input hidden states of shape [D], [T, D], [B, T, D] or […, D], in any container of floats.
 * @param weight the last layer's weight, of shape [V, D].
 * @param target token ids, of the shape of input without D; or probabilities of shape […, V].
 * @param options bias, shift, reduction, sampleWeight, weight (one per token of the vocabulary), ignoreIndex,
 * labelSmoothing, skipMasked, whenEmpty, zLoss, softcap, out; in `valueAndGrad` also gradOutput, differentiate.
 * @returns the loss: a number, or with `reduction: "none"` one per position. `valueAndGrad` also returns `grads`:
 * those of `input` and `weight`, and of `bias` if it is given.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, a target is not in the vocabulary, or an option is out of range.
 *
 * @example
 * ```ts
 * import { linearCrossEntropy } from "@surprisal/language";
 *
 * const hidden = [[1, 0], [0, 1]];
 * const weight = [[2, 0], [1, 1], [0, 2]]; // a vocabulary of three tokens
 * linearCrossEntropy(hidden, weight, [0, 2]); // 0.4076…
 * linearCrossEntropy.valueAndGrad(hidden, weight, [0, 2]).grad; // [[-0.212…, 0.212…], [0.212…, -0.212…]]
 * ```
 *
 * Source: Wijmans et al., "Cut your losses in large-vocabulary language models", arXiv 2411.09009.
 */
export const linearCrossEntropy: Loss<
  [weight: FloatInput, target: ClassTarget],
  LinearCrossEntropyOptions,
  "batch",
  "input" | "weight" | "bias?"
> = /* @__PURE__ */ defineBatchLoss<
  LinearCrossEntropyOptions,
  [weight: FloatInput, target: ClassTarget],
  "input" | "weight" | "bias?"
>({
  kind: "batch",
  name: "linearCrossEntropy",
  arguments: ["input", "weight", "target"],
  arrayOptions: ["bias"],
  differentiable: ["input", "weight", "bias"],
  options: {
    bias: { ...(unknown<FloatInput>() as OptionSchema<FloatInput>), otherNames: /^linearbia$/ },
    shift: boolean(false),
    weight: unknown() as OptionSchema<NonNullable<LinearCrossEntropyOptions["weight"]>>,
    ignoreIndex: integer(-100),
    labelSmoothing: numeric(0, "a number from 0 to 1", (e) => e >= 0 && e <= 1),
    skipMasked: boolean(false),
    whenEmpty: picklist("nan", "zero"),
    zLoss: numeric(0, "a finite number of at least 0", (z) => z >= 0 && z < Infinity),
    softcap: numeric(Infinity, "a number above 0", (s) => s > 0),
  },
  neverThrows: true,
  formula: (options) => ({
    lossShape: (call) => lossShape(call, options.shift),
    ...(options.shift && { readSampleWeight: readWeightsOfTokens }),
    prepare(call) {
      const problem = readProblem(call, options);
      return {
        meanDivisor: problem.meanDivisor,
        emptyMean: options.whenEmpty === "zero" ? 0 : Number.NaN,
        evaluate: (results) => evaluateBlocks(problem, options, results),
      };
    },
  }),
});

/** Reads the weights of a shifted call, which has one for each token. */
function readWeightsOfTokens(
  { functionName, arguments: tensors }: Omit<BatchCall, "sampleWeight">,
  value: unknown,
): Float64Array | undefined {
  return readNextWeights(functionName, value, tensors.input.shape.slice(0, -1));
}
