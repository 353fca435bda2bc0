import type { IntegerInput } from "@surprisal/core";
import { boolean, integer } from "@surprisal/core/authoring";
import { type BatchCall, type BatchEvaluation, batchLoss } from "../define/batchLoss.ts";
import type { Loss } from "../define/loss.ts";
import type { LossOptions } from "../define/options.ts";
import { acquireBuffers, evaluateSequence, releaseBuffers } from "./alignments.ts";
import { batchSizeOf, ctcLossShape, readLengths, readTargets } from "./ctcArguments.ts";

/** Options of `ctcLoss`. */
export interface CtcLossOptions extends LossOptions {
  /**
   * The class of the blank, the symbol between labels that is not a label.
   *
   * @defaultValue 0
   */
  blank?: number | undefined;
  /**
   * Whether an infinite loss, and its gradient, count as 0. A loss is infinite if the input is too short
   * for its target.
   *
   * @defaultValue false
   */
  zeroInfinity?: boolean | undefined;
}

/**
 * Computes the connectionist temporal classification loss: −log of the probability that a sequence of
 * symbols, read without repetitions and blanks, is the target.
 *
 * It trains models that read text from sound or images. The training data does not have to say which time
 * steps belong to a letter. The probability is the sum over all alignments of the target with the time
 * steps.
 *
 * ℓ = −log Σ over alignments a of Πₜ p(t, aₜ); ∂ℓ/∂logProbs[t, c] = p(t, c) − (share of the alignments
 * that are at class c at time t)
 *
 * The gradient is PyTorch's: the term p(t, c) assumes that logProbs is the result of logSoftmax. It is
 * then also the gradient with respect to the logits. The derivative of the formula alone is the second
 * term.
 *
 * The mean divides each loss by the length of its target (at least 1), and the sum of the quotients by the
 * number of sequences. sampleWeight has one weight per sequence.
 *
 * @param logProbs log-probabilities (nats) of shape [T, N, C], or [T, C] for one sequence, as
 * `logSoftmax` returns them.
 * @param targets labels, without the blank: [N, S], with any values after the end of a row, or all targets
 * one after another on one axis; [S] for one sequence.
 * @param inputLengths the number of time steps of each sequence, 0 to T; a number is the length of all.
 * @param targetLengths the number of labels of each sequence; a number is the length of all.
 * @param options reduction, blank, zeroInfinity, sampleWeight, out; in `valueAndGrad` also gradOutput.
 * @returns the loss in nats: a number, or with `reduction: "none"` one per sequence.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape does not fit, a length is out of range, or a label is the blank, out of
 * bounds or not a whole number.
 *
 * @example
 * ```ts
 * import { logSoftmax } from "@surprisal/core";
 * import { ctcLoss } from "@surprisal/losses";
 *
 * const logProbs = logSoftmax([[[0, 1, 2]], [[2, 1, 0]], [[0, 1, 2]]]); // [T, N, C]
 * ctcLoss(logProbs, [[2, 2]], [3], [2]); // 0.611…
 * ctcLoss(logProbs, [[1, 2]], [3], [2], { reduction: "sum" }); // 1.717…
 * ```
 *
 * Source: `torch.nn.functional.ctc_loss`; Graves et al., *Connectionist temporal classification* (ICML
 * 2006).
 */
export const ctcLoss: Loss<
  [targets: IntegerInput, inputLengths: IntegerInput, targetLengths: IntegerInput],
  CtcLossOptions,
  "batch"
> = /* @__PURE__ */ batchLoss<
  CtcLossOptions,
  [targets: IntegerInput, inputLengths: IntegerInput, targetLengths: IntegerInput]
>({
  kind: "batch",
  name: "ctcLoss",
  arguments: ["logProbs", "targets", "inputLengths", "targetLengths"],
  differentiable: ["logProbs"],
  options: {
    blank: { ...integer(0), otherNames: /^blank(id|index|label)$/ },
    zeroInfinity: boolean(false),
  },
  neverThrows: true,
  formula: ({ blank, zeroInfinity }) => ({
    lossShape: ({ functionName, arguments: { logProbs } }) => ctcLossShape(functionName, logProbs),
    prepare: (call) => prepareCtcLoss(call, blank, zeroInfinity),
  }),
});

function prepareCtcLoss(
  { functionName, arguments: tensors, sampleWeight }: BatchCall,
  blank: number,
  zeroInfinity: boolean,
): BatchEvaluation {
  const { logProbs, inputLengths } = tensors;
  const size = batchSizeOf(logProbs);
  const { steps, sequences, classes } = size;
  if (blank < 0 || blank >= classes) {
    throw new RangeError(
      `${functionName}: blank must be a class, 0 to ${classes - 1}, got ${blank}.`,
    );
  }
  const label = `${functionName}: inputLengths`;
  const lengths = readLengths(label, inputLengths, sequences, steps, "the number of time steps");
  const targets = readTargets(functionName, tensors, size, blank, sampleWeight);
  return {
    meanDivisors: targets.map(({ length }) => Math.max(1, length)),
    evaluate({ losses, gradients, lossScale }) {
      const gradient = gradients?.logProbs;
      const longest = targets.reduce((most, { length }) => Math.max(most, length), 0);
      const buffers = acquireBuffers(steps, longest, classes, gradient !== undefined);
      gradient?.fill(0);
      targets.forEach((labels, n) => {
        if (sampleWeight?.[n] === 0) return;
        const sequence = {
          logProbs: logProbs.data,
          start: n * classes,
          stride: sequences * classes,
          steps: lengths[n],
          blank,
          labels,
        };
        losses[n] = evaluateSequence(sequence, zeroInfinity, gradient, lossScale[n], buffers);
      });
      releaseBuffers(buffers);
    },
  };
}
