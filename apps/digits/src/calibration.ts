import { type Tensor, tensor } from "@surprisal/core";
import {
  type Bin,
  calibrationError,
  fitTemperature,
  reliability,
  type TemperatureFit,
} from "@surprisal/evaluation";
import { crossEntropy } from "@surprisal/losses";
import { type Digits, pick } from "./data/digits.ts";

const BINS = 10;

/** A classifier that returns logits of shape [rows, classes]. */
export interface Classifier {
  forward(pixels: Tensor<Float32Array>): Tensor<Float32Array>;
}

/** How well the confidence of a classifier agrees with its accuracy. */
export interface Honesty {
  readonly bins: readonly Bin[];
  /** The expected calibration error: the mean gap between confidence and accuracy. */
  readonly calibrationError: number;
  /** The mean negative log-likelihood in nats. */
  readonly loss: number;
}

/** The effect of a fitted temperature on digits that it was not fitted on. */
export interface Calibration {
  readonly fit: TemperatureFit;
  readonly before: Honesty;
  /** Undefined if no temperature is the best one, see `fit.limit`. */
  readonly after: Honesty | undefined;
  /** The number of digits that the temperature was fitted on, and of those that are judged. */
  readonly fitted: number;
  readonly judged: number;
}

/** Fits the temperature on the first half of the digits and judges the classifier on the second. */
export function calibrate(classifier: Classifier, digits: Digits): Calibration {
  const places = [...digits.labels.keys()];
  const middle = Math.floor(places.length / 2);
  const forFit = pick(digits, places.slice(0, middle));
  const toJudge = pick(digits, places.slice(middle));
  const fit = fitTemperature(classifier.forward(forFit.pixels), forFit.labels);
  const logits = classifier.forward(toJudge.pixels);
  const scaled = tensor(
    logits.data.map((x) => x / fit.temperature),
    logits.shape,
  );
  return {
    fit,
    before: judge(logits, toJudge.labels),
    after: fit.limit === undefined ? judge(scaled, toJudge.labels) : undefined,
    fitted: forFit.labels.length,
    judged: toJudge.labels.length,
  };
}

function judge(logits: Tensor<Float32Array>, labels: Uint8Array): Honesty {
  const options = { bins: BINS };
  return {
    bins: reliability(logits, labels, options),
    calibrationError: calibrationError(logits, labels, options),
    loss: crossEntropy(logits, labels),
  };
}
