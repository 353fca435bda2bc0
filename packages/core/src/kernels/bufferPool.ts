/**
 * Makes a source of work arrays that hands the last one out again: for ten numbers, a new typed
 * array costs more than the arithmetic. What was handed out is the caller's until it is given back.
 */
export function bufferPool<A extends { readonly length: number }>(
  make: (size: number) => A,
): { acquire(size: number): A; release(array: A): void } {
  let kept: A | undefined;
  return {
    acquire(size) {
      if (kept?.length !== size) return make(size);
      const array = kept;
      kept = undefined;
      return array;
    },
    release(array) {
      if (array.length <= 4096) kept = array;
    },
  };
}
