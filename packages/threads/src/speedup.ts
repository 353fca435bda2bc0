/**
 * Where so many calls are on average hardly faster than on one thread, the cores have other work: the next
 * calls stay with the caller, twice as many each time up to a limit. One call would tell too little, since
 * a worker that sleeps is late for it.
 */
const minSpeedup = 1.05;
const trialCalls = 4;
const maxSkipped = 512;

/** Decides from the speed of the last calls whether the next one is worth a try. */
export class SpeedupMonitor {
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

  /** Notes how many times as fast as on one thread a call was. */
  note(speedup: number): void {
    this.#calls++;
    this.#sum += speedup;
    if (this.#calls < trialCalls) return;
    const isWorthwhile = this.#sum >= minSpeedup * trialCalls;
    this.#skip = isWorthwhile ? 0 : this.#skipNext;
    this.#skipNext = isWorthwhile ? trialCalls : Math.min(maxSkipped, 2 * this.#skipNext);
    this.#calls = 0;
    this.#sum = 0;
  }
}
