// A rare class can be made to count for more. The mean divides by the weights it has added up.
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
