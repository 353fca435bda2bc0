/** The places of the largest elements of a row, largest first; of equal elements, the lower place first. */
export type FindLargest = (row: ArrayLike<number>, start: number, end: number) => Int32Array;

/**
 * Returns a function that finds the `k` largest elements of a row. It reuses its result. A NaN is larger than
 * every number, as in PyTorch's `topk`.
 *
 * The k largest so far are a binary heap whose root is the smallest of them: most elements are compared with
 * the root and no more.
 */
export function largestFinder(k: number): FindLargest {
  const places = new Int32Array(k);
  const values = new Float64Array(k);

  /** Returns whether element `a` of the heap comes after `b` in the result. */
  const isAfter = (a: number, b: number) =>
    values[a] < values[b] || (values[a] === values[b] && places[a] > places[b]);

  const swap = (a: number, b: number) => {
    const [value, place] = [values[a], places[a]];
    values[a] = values[b];
    places[a] = places[b];
    values[b] = value;
    places[b] = place;
  };

  const siftDown = (start: number, length: number) => {
    let parent = start;
    while (2 * parent + 1 < length) {
      let child = 2 * parent + 1;
      if (child + 1 < length && isAfter(child + 1, child)) child++;
      if (!isAfter(child, parent)) return;
      swap(parent, child);
      parent = child;
    }
  };

  return (row, start, end) => {
    const count = Math.min(k, end - start);
    for (let i = 0; i < count; i++) {
      places[i] = i;
      values[i] = rankOf(row[start + i]);
    }
    for (let i = (count >> 1) - 1; i >= 0; i--) siftDown(i, count);
    let smallest = values[0];
    for (let j = start + count; j < end; j++) {
      const value = row[j];
      if (value <= smallest) continue;
      if (Number.isNaN(value) && smallest === nanRank) continue;
      values[0] = rankOf(value);
      places[0] = j - start;
      siftDown(0, count);
      smallest = values[0];
    }
    // Heapsort: the smallest goes last.
    for (let length = count - 1; length > 0; length--) {
      swap(0, length);
      siftDown(0, length);
    }
    return places;
  };
}

/** The rank of NaN, which it shares with Infinity: softmax of a row with either is NaN. */
const nanRank = Number.POSITIVE_INFINITY;

function rankOf(value: number): number {
  return Number.isNaN(value) ? nanRank : value;
}
