// The caller stores the values of rows while workers compute. It stores them in the order of the tasks.

/** Stores the results of tasks in their order, as soon as all tasks before are complete. */
export class OrderedTasks {
  readonly #count: number;
  readonly #isComplete: (task: number) => boolean;
  readonly #store: (first: number, end: number) => void;
  /** The first task whose results are not stored. */
  #next = 0;

  /** @param store is called with ranges of tasks, from `first` to before `end`. Each task is in one range. */
  constructor(
    count: number,
    isComplete: (task: number) => boolean,
    store: (first: number, end: number) => void,
  ) {
    this.#count = count;
    this.#isComplete = isComplete;
    this.#store = store;
  }

  /** Stores the results of all tasks before the first that is not complete. */
  advance(): void {
    const first = this.#next;
    while (this.#next < this.#count && this.#isComplete(this.#next)) this.#next++;
    if (this.#next > first) this.#store(first, this.#next);
  }
}
