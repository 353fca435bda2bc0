// The values of rows leave in the order of their tasks, as soon as all tasks before are complete: so the caller stores them
// while workers compute.

/** Passes on the tasks that are complete, in their order. */
export class OrderedTasks {
  readonly #count: number;
  readonly #isComplete: (task: number) => boolean;
  readonly #pass: (first: number, end: number) => void;
  /** The first task that has not been passed on. */
  #next = 0;

  /** @param pass receives the tasks from `first` to `end`, of which each is passed once. */
  constructor(
    count: number,
    isComplete: (task: number) => boolean,
    pass: (first: number, end: number) => void,
  ) {
    this.#count = count;
    this.#isComplete = isComplete;
    this.#pass = pass;
  }

  /** Passes on all tasks before the first that is not complete. */
  advance(): void {
    const first = this.#next;
    while (this.#next < this.#count && this.#isComplete(this.#next)) this.#next++;
    if (this.#next > first) this.#pass(first, this.#next);
  }
}
