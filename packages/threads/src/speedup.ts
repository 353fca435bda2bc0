declare const performance: { now(): number };

/** One call would tell too little, since a worker that sleeps is late for it. */
const trialCalls = 4;

/** The calls of the caller alone take this many times as long as the trials before them have lost: 1 %. */
const restFactor = 100;

/** The longest time without a trial, in milliseconds. */
const maxRest = 1000;

/**
 * Decides whether the next call is worth a try. If the last calls took longer than on one thread, the cores
 * have other work, and the next calls stay with the caller. The time until the next trial depends on the
 * time lost and not on the number of calls, so small calls that lose microseconds do not delay large ones
 * for long.
 */
export class SpeedupMonitor {
  readonly #now: () => number;
  #restUntil = Number.NEGATIVE_INFINITY;
  #calls = 0;
  #lost = 0;

  /** @param now the clock, in milliseconds. */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** Returns whether the next call stays with the caller. */
  isCallSkipped(): boolean {
    return this.#now() < this.#restUntil;
  }

  /**
   * Notes the time of a call.
   *
   * @param alone how long the caller alone would have taken, in milliseconds.
   * @param time how long the call has taken.
   */
  note(alone: number, time: number): void {
    this.#calls++;
    this.#lost += time - alone;
    if (this.#calls < trialCalls) return;
    if (this.#lost > 0) this.#restUntil = this.#now() + Math.min(maxRest, restFactor * this.#lost);
    this.#calls = 0;
    this.#lost = 0;
  }
}
