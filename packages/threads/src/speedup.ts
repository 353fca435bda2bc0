declare const performance: { now(): number };

/** The calls of a trial. One would tell too little: a worker that sleeps is late for it. */
const trialCalls = 4;

/** The time between two trials is this many times the time that trials lose: they cost at most 1 %. */
const restFactor = 100;

/** The longest time between two trials, in milliseconds. */
const maxRest = 5000;

/** How a call is computed: by the caller alone, or by all threads together. */
export type Way = "alone" | "together";

/** The times of a trial's calls, in milliseconds per element. */
interface Trial {
  calls: number;
  total: number;
  slowest: number;
}

interface Kind {
  trials: Record<Way, Trial>;
  faster: Way;
  restUntil: number;
}

/**
 * Finds out whether calls of a kind are faster on all threads. The answer depends on the machine, on what else its
 * cores do, and on where the arrays are, so both ways are timed again and again.
 */
export class SpeedupMonitor {
  readonly #now: () => number;
  readonly #kinds = new Map<number, Kind>();

  /** @param now the clock, in milliseconds. */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** Returns how to compute the next call of a kind. */
  wayOf(kindNumber: number): Way {
    const kind = this.#kindOf(kindNumber);
    const { together, alone } = kind.trials;
    if (isComplete(together) && isComplete(alone) && this.#now() >= kind.restUntil) {
      kind.trials = newTrials();
    }
    if (!isComplete(kind.trials.together)) return "together";
    return isComplete(kind.trials.alone) ? kind.faster : "alone";
  }

  /** Notes the time of a call. */
  note(kindNumber: number, way: Way, elements: number, milliseconds: number): void {
    const kind = this.#kindOf(kindNumber);
    const trial = kind.trials[way];
    if (isComplete(trial)) return;
    trial.calls++;
    trial.total += milliseconds / elements;
    trial.slowest = Math.max(trial.slowest, milliseconds / elements);
    const { together, alone } = kind.trials;
    if (!isComplete(together) || !isComplete(alone)) return;
    const isTogetherFaster = timeOf(together) < timeOf(alone);
    kind.faster = isTogetherFaster ? "together" : "alone";
    const [faster, slower] = isTogetherFaster ? [together, alone] : [alone, together];
    // All calls of the slower way count, the one that woke the workers too.
    const lost = elements * (slower.total - trialCalls * timeOf(faster));
    kind.restUntil = this.#now() + Math.min(maxRest, restFactor * lost);
  }

  #kindOf(kindNumber: number): Kind {
    let kind = this.#kinds.get(kindNumber);
    if (kind === undefined) {
      kind = { trials: newTrials(), faster: "together", restUntil: Number.NEGATIVE_INFINITY };
      this.#kinds.set(kindNumber, kind);
    }
    return kind;
  }
}

function newTrials(): Record<Way, Trial> {
  const newTrial = () => ({ calls: 0, total: 0, slowest: 0 });
  return { together: newTrial(), alone: newTrial() };
}

function isComplete({ calls }: Trial): boolean {
  return calls === trialCalls;
}

/** Returns the mean time without the slowest call, in which the machine may have paused. */
function timeOf({ calls, total, slowest }: Trial): number {
  return (total - slowest) / (calls - 1);
}
