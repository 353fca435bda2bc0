/** The longest arrays that are kept between calls: 8 MB. */
const maxKeptLength = 1 << 20;

/** The number of arrays that are kept. */
const maxKeptCount = 16;

/** Lends arrays of numbers for the time of one call. */
export interface Workspace {
  /** Returns an array of at least `length` numbers, which holds anything. */
  acquire(length: number): Float64Array;
  release(array: Float64Array): void;
}

/**
 * Makes a workspace that keeps the arrays that are released, so that a loss which is called again and
 * again with the same sizes allocates nothing.
 */
export function makeWorkspace(): Workspace {
  const kept: Float64Array[] = [];
  return {
    acquire(length) {
      let best = -1;
      for (let i = 0; i < kept.length; i++) {
        const isEnough = kept[i].length >= length;
        if (isEnough && (best < 0 || kept[i].length < kept[best].length)) best = i;
      }
      return best < 0 ? new Float64Array(length) : kept.splice(best, 1)[0];
    },
    release(array) {
      if (array.length > maxKeptLength) return;
      kept.push(array);
      if (kept.length > maxKeptCount) kept.shift();
    },
  };
}
