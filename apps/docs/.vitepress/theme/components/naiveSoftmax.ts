/** Softmax as the formula reads, without taking the largest logit off first. */
export function naiveSoftmax(logits: readonly number[]): number[] {
  const exps = logits.map(Math.exp);
  const sum = exps.reduce((a, b) => a + b);
  return exps.map((e) => e / sum);
}
