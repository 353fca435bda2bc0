// The values of rows leave in the order of their blocks, as soon as all blocks before are complete: so the caller stores them
// while workers compute.

/** Passes on the blocks that are complete, in their order. */
export class OrderedBlocks {
  readonly #pass: (first: number, end: number) => void;
  readonly #isComplete: (index: number) => boolean;
  readonly #end: number;
  /** The first block that has not been passed on. */
  #next: number;

  /**
   * @param pass receives the blocks from `first` to `end`.
   * @param isComplete returns whether a block from `first` to `end` is complete.
   */
  constructor(
    first: number,
    end: number,
    isComplete: (index: number) => boolean,
    pass: (first: number, end: number) => void,
  ) {
    this.#next = first;
    this.#end = end;
    this.#isComplete = isComplete;
    this.#pass = pass;
  }

  /** Passes on all blocks before the first that is not complete. */
  advance(): void {
    const first = this.#next;
    while (this.#next < this.#end && this.#isComplete(this.#next)) this.#next++;
    if (this.#next > first) this.#pass(first, this.#next);
  }
}
