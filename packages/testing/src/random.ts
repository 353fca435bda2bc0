import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** A seeded source of random numbers. */
export interface Random {
  /** Returns a number that is uniformly distributed from 0 to 1. */
  uniform(): number;
  /** Returns a normally distributed number, of mean 0 and standard deviation 1. */
  normal(): number;
  /** Returns an integer from 0 to limit − 1. */
  below(limit: number): number;
}

export function random(seed: number): Random {
  const generator = xoroshiro128plus(seed);
  const uniform = () => uniformFloat64(generator);
  return {
    uniform,
    // The Box–Muller transform; 1 − u is never 0.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    below: (limit) => Math.floor(uniform() * limit),
  };
}
