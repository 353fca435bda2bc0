import { accuracy, type Bin, calibrationError, reliability } from "@surprisal/evaluation";
import { crossEntropy } from "@surprisal/losses";
import type { Predictions } from "../../../../models/heldOutDigits/index.ts";

/** The measures of a classifier at a temperature. */
export interface Honesty {
  readonly bins: readonly Bin[];
  /** The share of right predictions. */
  readonly accuracy: number;
  /** The mean largest probability. */
  readonly confidence: number;
  readonly calibrationError: number;
  /** The mean loss, in nats. */
  readonly loss: number;
}

/** The number of bins of equal width, from 0 to 1. */
const bins = 10;

/** Judges the predictions with their logits divided by a temperature. */
export function judge({ logits, labels }: Predictions, temperature: number): Honesty {
  const scaled = { data: logits.data.map((logit) => logit / temperature), shape: logits.shape };
  const filled = reliability(scaled, labels, { bins });
  return {
    bins: filled,
    accuracy: accuracy(scaled, labels),
    confidence: meanConfidence(filled),
    calibrationError: calibrationError(scaled, labels, { bins }),
    loss: crossEntropy(scaled, labels),
  };
}

function meanConfidence(all: readonly Bin[]): number {
  const filled = all.filter(({ count }) => count > 0);
  const total = filled.reduce((sum, { count }) => sum + count, 0);
  return filled.reduce((sum, { count, confidence }) => sum + count * confidence, 0) / total;
}
