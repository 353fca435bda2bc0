import { maxPooledLength } from "./limits.ts";

/** Hands out work buffers. A buffer belongs to the caller until it is released. */
export interface BufferPool<Buffer> {
  acquire(length: number): Buffer;
  release(buffer: Buffer): void;
}

/**
 * Makes a pool that keeps the last buffer that was released: for ten numbers, a new typed array
 * costs more than the arithmetic.
 */
export function bufferPool<Buffer extends { readonly length: number }>(
  create: (length: number) => Buffer,
): BufferPool<Buffer> {
  let kept: Buffer | undefined;
  return {
    acquire(length) {
      if (kept?.length !== length) return create(length);
      const buffer = kept;
      kept = undefined;
      return buffer;
    },
    release(buffer) {
      if (buffer.length <= maxPooledLength) kept = buffer;
    },
  };
}

/** The arrays that a pool of long arrays keeps: a loss of vectors takes one per argument, gradient and value. */
const maxLongArrays = 16;

/** Shorter arrays are not kept: a new one takes less time than a search. */
const minLongLength = 4096;

/**
 * Makes a pool of long arrays, whose memory takes longer to get from the system than to fill. It keeps them for the
 * next call of the same length, until the garbage collector needs their memory. An array holds anything. Short arrays
 * are always new.
 */
export function longArrayPool<A extends { readonly length: number } & object>(
  create: (length: number) => A,
): BufferPool<A> {
  const released: A[] = [];
  const kept: WeakRef<A>[] = [];
  // What a `WeakRef` is made of stays in memory until the running job ends: a loop that never waits would keep the arrays
  // of all its calls. Until then, only the last ones are kept.
  const weaken = () => {
    for (const array of released.splice(0)) kept.push(new WeakRef(array));
    kept.splice(0, Math.max(0, kept.length - maxLongArrays));
  };
  return {
    acquire(length) {
      if (length < minLongLength) return create(length);
      const last = released.findIndex((array) => array.length === length);
      if (last >= 0) return released.splice(last, 1)[0];
      const index = kept.findIndex((reference) => reference.deref()?.length === length);
      const [reference] = index < 0 ? [] : kept.splice(index, 1);
      return reference?.deref() ?? create(length);
    },
    release(array) {
      if (array.length < minLongLength) return;
      if (released.length === 0) Promise.resolve().then(weaken);
      released.push(array);
      if (released.length > maxLongArrays) released.shift();
    },
  };
}
