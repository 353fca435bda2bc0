/** The calls of a trial. One would tell too little: a worker that sleeps is late for it. */
const trialCalls = 4;

/** Calls between two trials take this many times as long as the trials lose: they cost at most 1 %. */
const restFactor = 100;

/**
 * The same after a trial that tells less. In a kind's first trial, and while threads are new, they load code and open
 * memory. A trial that contradicts the one before may have been slowed down by other programs.
 */
const unsureRestFactor = 20;

/**
 * The same where new threads lose. Their code becomes several times as fast once they have computed about so many
 * elements.
 */
const newThreadsRestFactor = 3;
const newThreadsElements = 2e8;

/** A call may take so many milliseconds longer because workers sleep. What takes longer happens once. */
const wakingTime = 0.1;

/** The longest that calls take between two trials, in milliseconds. */
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
  isNew: boolean;
  /** How many milliseconds calls take until the next trial. The time between calls does not count. */
  rest: number;
}

/**
 * Finds out whether calls of a kind are faster on all threads. The answer depends on the machine, on what else its
 * cores do, and on where the arrays are, so both ways are timed again and again.
 */
export class SpeedupMonitor {
  readonly #kinds = new Map<string, Kind>();
  /** How many elements have been computed together, until threads are no longer new. */
  #elementsTogether = 0;

  /** Returns how to compute the next call of a kind. */
  wayOf(kindName: string): Way {
    const kind = this.#kindOf(kindName);
    const { together, alone } = kind.trials;
    if (isComplete(together) && isComplete(alone) && kind.rest <= 0) {
      kind.trials = newTrials();
    }
    if (!isComplete(kind.trials.together)) return "together";
    return isComplete(kind.trials.alone) ? kind.faster : "alone";
  }

  /** Notes the time of a call. */
  note(kindName: string, way: Way, elements: number, milliseconds: number): void {
    const kind = this.#kindOf(kindName);
    const trial = kind.trials[way];
    const areNew = this.#elementsTogether < newThreadsElements;
    if (areNew && way === "together") this.#elementsTogether += elements;
    if (isComplete(trial)) {
      kind.rest -= milliseconds;
      return;
    }
    trial.calls++;
    trial.total += milliseconds / elements;
    trial.slowest = Math.max(trial.slowest, milliseconds / elements);
    const { together, alone } = kind.trials;
    if (!isComplete(together) || !isComplete(alone)) return;
    const isTogetherFaster = timeOf(together) < timeOf(alone);
    const fasterWay = isTogetherFaster ? "together" : "alone";
    const isUnsure = kind.isNew || kind.faster !== fasterWay;
    kind.faster = fasterWay;
    const [faster, slower] = isTogetherFaster ? [together, alone] : [alone, together];
    const gain = elements * (timeOf(slower) - timeOf(faster));
    const waking = Math.min(wakingTime, elements * (slower.slowest - timeOf(slower)));
    const lost = trialCalls * gain + waking;
    const usualFactor = isUnsure ? unsureRestFactor : restFactor;
    const factor = areNew && !isTogetherFaster ? newThreadsRestFactor : usualFactor;
    kind.rest = Math.min(maxRest, factor * lost);
    kind.isNew = areNew;
  }

  #kindOf(kindName: string): Kind {
    let kind = this.#kinds.get(kindName);
    if (kind === undefined) {
      kind = { trials: newTrials(), faster: "together", isNew: true, rest: 0 };
      this.#kinds.set(kindName, kind);
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
