/**
 * Where workers compute a smaller part of so many calls, the cores have other work: the next calls stay
 * with the caller, twice as many each time up to a limit. One call would tell too little, since a
 * thread that sleeps is too late for a small one.
 */
const minShare = 0.15;
const trialCalls = 6;
const maxSkipped = 32;

/** Decides from the workers' part of the last calls whether the next one is worth a try. */
export class WorkerShare {
  #skip = 0;
  #skipNext = trialCalls;
  #calls = 0;
  #sum = 0;

  /** Returns whether the next call stays with the caller. */
  isCallSkipped(): boolean {
    if (this.#skip === 0) return false;
    this.#skip--;
    return true;
  }

  /** Notes the workers' share of a call. */
  note(share: number): void {
    this.#calls++;
    this.#sum += share;
    if (this.#calls < trialCalls) return;
    const isWorthwhile = this.#sum >= minShare * trialCalls;
    this.#skip = isWorthwhile ? 0 : this.#skipNext;
    this.#skipNext = isWorthwhile ? trialCalls : Math.min(maxSkipped, 2 * this.#skipNext);
    this.#calls = 0;
    this.#sum = 0;
  }
}
