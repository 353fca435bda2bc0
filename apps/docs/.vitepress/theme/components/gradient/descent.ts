import { crossEntropy } from "@surprisal/losses";

/** Gradient descent on the logits themselves, as if each were a parameter. */
export interface Descent {
  readonly logits: readonly number[];
  /** The logits before each step. */
  readonly past: readonly (readonly number[])[];
}

export function startDescent(logits: readonly number[]): Descent {
  return { logits, past: [] };
}

/** Takes one step of gradient descent. */
export function descend({ logits, past }: Descent, target: number, rate: number): Descent {
  const { grad } = crossEntropy.valueAndGrad([...logits], target);
  return { logits: logits.map((x, j) => x - rate * grad[j]), past: [...past, logits] };
}

/** Returns the loss before the first step and after each step. */
export function losses({ logits, past }: Descent, target: number): number[] {
  return [...past, logits].map((row) => crossEntropy(row, target));
}
