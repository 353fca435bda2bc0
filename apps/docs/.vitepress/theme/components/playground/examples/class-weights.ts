// A weight makes a rare class count more. The mean divides by the sum of the weights.
import { crossEntropy } from "@surprisal/losses";

const logits = [
  [2, 0],
  [1, 0],
  [1, 0],
];
const labels = [0, 0, 1]; // one of three is rare

crossEntropy(logits, labels, { reduction: "none" });
crossEntropy(logits, labels, { reduction: "none", weight: [1, 2] });
crossEntropy(logits, labels);
crossEntropy(logits, labels, { weight: [1, 2] });
