// Which arrays threads share.
import type { Arrays } from "./operations.ts";

/** An array, as far as its memory is concerned. */
export interface View {
  readonly buffer: ArrayBufferLike;
}

export function isShared({ buffer }: View): boolean {
  return typeof SharedArrayBuffer === "function" && buffer instanceof SharedArrayBuffer;
}

/**
 * Returns whether a result passes through slots: its array is not shared, or is an input, too. A worker that
 * dies while it writes would destroy that input.
 */
export function mustBeStaged(output: Float32Array, inputs: readonly Float32Array[]): boolean {
  return (
    !isShared(output) ||
    inputs.some((input) => input.buffer === output.buffer && overlap(input, output))
  );
}

/** Returns whether every thread reads and writes the arrays of a call themselves. */
export function isInPlace({ inputs, outputs }: Arrays): boolean {
  const isStaged = (output: Float32Array | undefined) =>
    output !== undefined && mustBeStaged(output, inputs);
  return inputs.every(isShared) && !outputs.some(isStaged);
}

function overlap(a: Float32Array, b: Float32Array): boolean {
  return a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
}
