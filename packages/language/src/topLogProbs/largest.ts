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
    for (let j = start + count; j < end; j++) {
      // Few elements are among the largest. Eight comparisons in a row are faster than eight steps of this loop.
      j = skipSmall(row, j, end, values[0]);
      if (j === end) break;
      const value = row[j];
      if (value <= values[0] || (Number.isNaN(value) && values[0] === nanRank)) continue;
      values[0] = rankOf(value);
      places[0] = j - start;
      siftDown(0, count);
    }
    // Heapsort: the smallest goes last.
    for (let length = count - 1; length > 0; length--) {
      swap(0, length);
      siftDown(0, length);
    }
    return places;
  };
}

/** Returns a place before which no element is above the limit. It passes over eight elements at a time. */
function skipSmall(row: ArrayLike<number>, start: number, end: number, limit: number): number {
  let j = start;
  while (
    j + 8 <= end &&
    row[j] <= limit &&
    row[j + 1] <= limit &&
    row[j + 2] <= limit &&
    row[j + 3] <= limit &&
    row[j + 4] <= limit &&
    row[j + 5] <= limit &&
    row[j + 6] <= limit &&
    row[j + 7] <= limit
  ) {
    j += 8;
  }
  return j;
}

/** The rank of NaN, which it shares with Infinity: softmax of a row with either is NaN. */
const nanRank = Number.POSITIVE_INFINITY;

function rankOf(value: number): number {
  return Number.isNaN(value) ? nanRank : value;
}
