import { softmax } from "@surprisal/core";
import { crossEntropy } from "@surprisal/losses";

/** A row of logits, and the options of its loss. */
export interface Settings {
  readonly logits: readonly number[];
  readonly target: number;
  /** ε: the part of the target that is spread over all classes. */
  readonly labelSmoothing: number;
  /** The weight of the target's class; other classes have weight 1. */
  readonly weight: number;
  readonly temperature: number;
}

/** The numbers that the figures show. */
export interface Picture {
  readonly loss: number;
  readonly probabilities: readonly number[];
  /** The distribution at which the loss is smallest. */
  readonly wanted: readonly number[];
  /** ∂loss/∂logits. */
  readonly gradient: readonly number[];
}

export const start: Settings = {
  logits: [2, 1, 0, -1],
  target: 1,
  labelSmoothing: 0,
  weight: 1,
  temperature: 1,
};

export function gradientPicture(settings: Settings): Picture {
  const { logits, target, labelSmoothing, weight, temperature } = settings;
  const { value, grad } = crossEntropy.valueAndGrad(
    logits.map((x) => x / temperature),
    target,
    // The mean over one row would divide by its weight.
    { labelSmoothing, weight: logits.map((_, j) => (j === target ? weight : 1)), reduction: "sum" },
  );
  const spread = labelSmoothing / logits.length;
  return {
    loss: value,
    probabilities: softmax(logits, { temperature }),
    wanted: logits.map((_, j) => (j === target ? 1 - labelSmoothing + spread : spread)),
    gradient: grad.map((g) => g / temperature),
  };
}
