import { random } from "@surprisal/testing";
import { type Spread, spreadOf } from "./statistics.ts";

export interface Effort {
  readonly rounds: number;
  /** How long each contestant runs before the first round. */
  readonly warmUpMilliseconds: number;
  /** How long a turn lasts at least; a call that takes longer is a turn by itself. */
  readonly turnMilliseconds: number;
}

export interface Timed {
  time(repeats: number): number | Promise<number>;
}

export interface Times extends Spread {
  /** Calls per turn. */
  readonly repeats: number;
  readonly rounds: number;
}

/** Lets all take turns, round by round, and returns the nanoseconds of a call of each. */
export async function measure(timed: readonly Timed[], effort: Effort): Promise<Times[]> {
  const repeats: number[] = [];
  for (const each of timed) repeats.push(await warmUp(each, effort));
  const samples = timed.map((): number[] => []);
  for (const order of rounds(timed.length, effort.rounds)) {
    for (const i of order) samples[i].push((await timed[i].time(repeats[i])) / repeats[i]);
  }
  return samples.map((times, i) => ({
    ...spreadOf(times),
    repeats: repeats[i],
    rounds: effort.rounds,
  }));
}

/** The order of turns in each round: everyone once, shuffled, so that nobody always follows the same. */
export function rounds(count: number, howMany: number): number[][] {
  const source = random(count);
  return Array.from({ length: howMany }, () => {
    const order = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = source.below(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  });
}

/** Runs ever more calls at a time until it is warm; returns how many make a turn. */
async function warmUp(timed: Timed, effort: Effort): Promise<number> {
  let spent = 0;
  for (let repeats = 1; ; repeats *= 2) {
    const nanoseconds = await timed.time(repeats);
    spent += nanoseconds;
    if (spent >= effort.warmUpMilliseconds * 1e6) {
      return Math.max(1, Math.ceil((effort.turnMilliseconds * 1e6 * repeats) / nanoseconds));
    }
  }
}
