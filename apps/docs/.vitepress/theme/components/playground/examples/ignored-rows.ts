// Padding has no target. An ignored row adds nothing, not even NaN to the gradient.
import { crossEntropy } from "@surprisal/losses";

const padding = -100;
const logits = [
  [2, 1, 0],
  [Number.NaN, 0, 0],
  [0, 3, 1],
];

crossEntropy.valueAndGrad(logits, [0, padding, 1]);

// Only ignored rows: a mean over nothing.
crossEntropy([[2, 1, 0]], [padding]);
crossEntropy([[2, 1, 0]], [padding], { whenEmpty: "zero" });
