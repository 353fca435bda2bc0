import { boolean, lossOptionNames, numeric, optionsParser } from "@surprisal/core/authoring";
import * as losses from "@surprisal/losses";
import type { Tensor } from "@tensorflow/tfjs-core";
import { clipByValue, div, log, sum, tidy } from "@tensorflow/tfjs-core";
import {
  checkKerasTensors,
  checkOptionsOf,
  checkRows,
  readIndices,
  withKerasNames,
} from "./kerasArguments.ts";
import { toClassIndices } from "./oneHot.ts";
import { operation } from "./operation.ts";

/** Options of `categoricalCrossentropy` and `sparseCategoricalCrossentropy`. */
export interface CategoricalOptions {
  /**
   * Whether the predictions are logits. If false, they are probabilities, from a softmax layer.
   *
   * @defaultValue false
   */
  readonly fromLogits?: boolean | undefined;
  /** The share of each target that is spread evenly over all classes, from 0 to 1. */
  readonly labelSmoothing?: number | undefined;
}

/** A loss in the form that Keras gives it: one value for each row. */
export type KerasLoss = (yTrue: Tensor, yPred: Tensor) => Tensor;

/** The least probability that Keras takes the logarithm of. */
const leastProbability = 1e-7;

/**
 * Makes the cross-entropy of one-hot rows, or of class probabilities, for `model.compile`.
 *
 * Leave out the model's softmax layer and write `fromLogits: true`. If a probability has been rounded to 0
 * or 1, its gradient has no correct digits left.
 *
 * ℓ = −Σⱼ tⱼ · log softmax(x)ⱼ; of probabilities p, −Σⱼ tⱼ · log qⱼ with qⱼ = pⱼ / Σₖ pₖ, from 1e-7 to 1 − 1e-7
 *
 * @param options fromLogits, labelSmoothing.
 * @returns the loss, a function of yTrue and yPred.
 *
 * @example
 * ```js
 * model.compile({ optimizer: "sgd", loss: categoricalCrossentropy({ fromLogits: true }) });
 * ```
 *
 * Source: Keras's `categorical_crossentropy`.
 */
export function categoricalCrossentropy(options?: CategoricalOptions): KerasLoss {
  const name = "categoricalCrossentropy";
  return kerasLoss(name, options, {
    targetOf(yTrue, yPred) {
      checkRows(name, yTrue, yPred);
      return toClassIndices(yTrue);
    },
    loss: losses.nllLoss,
    logOf: (probabilities) => logOfClipped(div(probabilities, sum(probabilities, -1, true))),
  });
}

/**
 * Makes the cross-entropy of class indices, in the form that Keras gives it.
 *
 * In `model.compile`, TensorFlow.js takes class indices for its own loss of this name only: there, write
 * `categoricalCrossentropy` and `tf.oneHot(labels, classes)`. In your own training loop, this loss needs no
 * one-hot rows.
 *
 * ℓ = −log softmax(x)ₜ; of probabilities p, −log(pₜ / Σₖ pₖ) with each p from 1e-7 to 1 − 1e-7
 *
 * @param options fromLogits, labelSmoothing.
 * @returns the loss, a function of yTrue, of shape [N] or [N, 1], and yPred.
 *
 * @example
 * ```js
 * const loss = sparseCategoricalCrossentropy({ fromLogits: true });
 * optimizer.minimize(() => tf.mean(loss(labels, model.predict(inputs))));
 * ```
 *
 * Source: Keras's `sparse_categorical_crossentropy`.
 */
export function sparseCategoricalCrossentropy(options?: CategoricalOptions): KerasLoss {
  const name = "sparseCategoricalCrossentropy";
  return kerasLoss(name, options, {
    targetOf: (yTrue, yPred) => readIndices(name, yTrue, yPred),
    // It divides by the sum of the row.
    loss: losses.crossEntropy,
    logOf: logOfClipped,
  });
}

const parseOptions = /* @__PURE__ */ optionsParser(
  {
    fromLogits: boolean(false),
    labelSmoothing: numeric(0, "a number from 0 to 1", (share) => share >= 0 && share <= 1),
  },
  lossOptionNames,
);

/** The parts in which Keras's two losses differ. */
interface KerasForm {
  /** Checks yTrue, and returns it as a loss takes it. */
  targetOf(yTrue: Tensor, yPred: Tensor): Tensor;
  /** The loss of logarithms of probabilities. */
  readonly loss: typeof losses.nllLoss;
  /** Returns the logarithms of probabilities. */
  logOf(probabilities: Tensor): Tensor;
}

function kerasLoss(
  name: string,
  given: CategoricalOptions | undefined,
  { targetOf, loss, logOf }: KerasForm,
): KerasLoss {
  checkOptionsOf(name, given);
  const { fromLogits, labelSmoothing } = parseOptions(name, given);
  const options = { reduction: "none", labelSmoothing } as const;
  const details = { functionName: name, takesProbabilities: true };
  const lossOfLogits = operation(losses.crossEntropy, ["input", "target"], details);
  const lossOfLogs = operation(loss, ["input", "target"], details);
  return (yTrue, yPred) => {
    checkKerasTensors(name, yTrue, yPred);
    return tidy(() => {
      const target = targetOf(yTrue, yPred);
      return withKerasNames(name, () =>
        fromLogits
          ? lossOfLogits(yPred, target, options)
          : lossOfLogs(logOf(yPred), target, options),
      );
    });
  };
}

function logOfClipped(probabilities: Tensor): Tensor {
  return log(clipByValue(probabilities, leastProbability, 1 - leastProbability));
}
