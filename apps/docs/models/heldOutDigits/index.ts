import { type Tensor, tensor } from "@surprisal/core";
import stored from "./logits.json";

/** Logits of digits that a classifier was not trained on, and the digits that they show. */
export interface Predictions {
  /** Shape [images, 10]. */
  readonly logits: Tensor<Float32Array>;
  readonly labels: Uint8Array;
}

/** Held-out predictions of one classifier: one half to fit a temperature on, the other to judge it. */
export interface Halves {
  readonly fitted: Predictions;
  readonly judged: Predictions;
}

export type ModelName = "network" | "linear";

const classes = 10;

/** Returns the predictions of a classifier. They are stored in tenths; scripts/trainForCalibration.ts made them. */
export function predictionsOf(model: ModelName): Halves {
  const half = stored.labels.length / 2;
  const take = (start: number, end: number): Predictions => {
    const tenths = stored[model].slice(start * classes, end * classes);
    return {
      logits: tensor(
        Float32Array.from(tenths, (tenth) => tenth / 10),
        [end - start, classes],
      ),
      labels: Uint8Array.from(stored.labels.slice(start, end)),
    };
  };
  return { fitted: take(0, half), judged: take(half, stored.labels.length) };
}
