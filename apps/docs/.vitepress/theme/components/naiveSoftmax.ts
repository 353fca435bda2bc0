/** Computes softmax by its formula, without subtracting the largest logit. */
export function naiveSoftmax(logits: readonly number[]): number[] {
  const exps = logits.map(Math.exp);
  const sum = exps.reduce((a, b) => a + b);
  return exps.map((e) => e / sum);
}
