import { uniformInt } from "pure-rand/distribution/uniformInt";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

/** The numbers that are added are 0 to `modulus` − 1. */
export const modulus = 23;

/** The share of all pairs that the network is trained on. */
const share = 0.6;

/** Pairs of numbers, and the sum of each modulo 23. */
export interface Pairs {
  readonly first: Uint8Array;
  readonly second: Uint8Array;
  readonly sums: Uint8Array;
}

/** Returns a random selection of the pairs to train on. */
export function choosePairs(random: RandomGenerator): Pairs {
  const order = Array.from({ length: modulus ** 2 }, (_, i) => i);
  for (let last = order.length - 1; last > 0; last--) {
    const other = uniformInt(random, 0, last);
    [order[last], order[other]] = [order[other], order[last]];
  }
  const chosen = order.slice(0, Math.round(share * order.length));
  const first = Uint8Array.from(chosen, (pair) => Math.floor(pair / modulus));
  const second = Uint8Array.from(chosen, (pair) => pair % modulus);
  return { first, second, sums: first.map((a, i) => (a + second[i]) % modulus) };
}
