// Log-softmax then NLL, or softmax then −log: the same number, until the logits are large.
import { logSoftmax } from "@surprisal/core";
import { crossEntropy, nllLoss } from "@surprisal/losses";

const byTheFormula = (logits: number[], target: number) => {
  const exps = logits.map(Math.exp);
  return -Math.log(exps[target] / exps.reduce((a, b) => a + b));
};

for (const logits of [
  [2, 1, 0],
  [20, 10, 0],
  [800, 0, -800],
  [-800, -801, -802],
]) {
  console.log(logits);
  console.log("  by the formula:", byTheFormula(logits, 1));
  console.log("  logSoftmax and nllLoss:", nllLoss(logSoftmax(logits), 1));
  console.log("  crossEntropy:", crossEntropy(logits, 1));
}
