import { random } from "../random.ts";
import { type Quartiles, quartiles } from "./quartiles.ts";

/** How many samples of a time are taken, and how long each is. */
export interface SamplingPlan {
  /** One sample of each implementation is taken per round. */
  readonly rounds: number;
  /** How long each implementation runs before the first round. */
  readonly warmUpMilliseconds: number;
  /** The least duration of a sample; a call that takes longer is a sample by itself. */
  readonly sampleMilliseconds: number;
}

/** A computation that can be timed. */
export interface Timeable {
  /** Runs so many times and returns the nanoseconds that they took together. */
  time(iterations: number): number | Promise<number>;
}

/** Nanoseconds per call. */
export interface CallTimes extends Quartiles {
  /** Calls per sample. */
  readonly iterations: number;
  readonly rounds: number;
}

/** Times all of them, interleaved round by round, so that a slow moment of the machine hits all alike. */
export async function measure(
  timeables: readonly Timeable[],
  plan: SamplingPlan,
): Promise<CallTimes[]> {
  const iterations: number[] = [];
  for (const timeable of timeables) iterations.push(await warmUp(timeable, plan));
  const samples = timeables.map((): number[] => []);
  for (const order of shuffledRounds(timeables.length, plan.rounds)) {
    for (const i of order) {
      samples[i].push((await timeables[i].time(iterations[i])) / iterations[i]);
    }
  }
  return samples.map((times, i) => ({
    ...quartiles(times),
    iterations: iterations[i],
    rounds: plan.rounds,
  }));
}

/** Returns a shuffled order of 0 … count − 1 for each round: none always follows the same one. */
export function shuffledRounds(count: number, rounds: number): number[][] {
  const source = random(count);
  return Array.from({ length: rounds }, () => {
    const order = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = source.below(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  });
}

/** Doubles the number of calls until the warm-up is over, and returns how many calls fill a sample. */
async function warmUp(timeable: Timeable, plan: SamplingPlan): Promise<number> {
  let elapsed = 0;
  for (let iterations = 1; ; iterations *= 2) {
    const nanoseconds = await timeable.time(iterations);
    elapsed += nanoseconds;
    // The clock of a browser is coarse: a few calls may take no time by it.
    if (nanoseconds > 0 && elapsed >= plan.warmUpMilliseconds * 1e6) {
      return Math.max(1, Math.ceil((plan.sampleMilliseconds * 1e6 * iterations) / nanoseconds));
    }
  }
}

/** Calls a function so many times and returns the nanoseconds that they took together. */
export function timeCalls(call: () => void, iterations: number): number {
  const start = performance.now();
  for (let i = 0; i < iterations; i++) call();
  return (performance.now() - start) * 1e6;
}
