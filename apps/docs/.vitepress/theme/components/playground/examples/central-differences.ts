// Is the gradient right? Move each logit a little and see how much the loss moves.
import { crossEntropy } from "@surprisal/losses";

const logits = [2, 1, 0, -1];
const target = 1;
const step = 1e-5;

const { grad } = crossEntropy.valueAndGrad(logits, target);
const differences = logits.map((_, j) => {
  const at = (offset: number) =>
    crossEntropy(
      logits.map((x, k) => (k === j ? x + offset : x)),
      target,
    );
  return (at(step) - at(-step)) / (2 * step);
});

grad;
differences;
Math.max(...grad.map((g, j) => Math.abs(g - differences[j])));
