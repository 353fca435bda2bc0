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
