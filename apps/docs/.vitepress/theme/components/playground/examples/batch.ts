// Three rows at once: their mean, their sum, or each of them.
import { crossEntropy } from "@surprisal/losses";

const logits = [
  [2, 1, 0],
  [0, 3, 1],
  [1, 1, 4],
];
const targets = [0, 1, 1];

crossEntropy(logits, targets);
crossEntropy(logits, targets, { reduction: "sum" });
crossEntropy(logits, targets, { reduction: "none" });
crossEntropy.valueAndGrad(logits, targets).grad;
