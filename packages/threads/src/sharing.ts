// Which arrays threads share.
import type { OperationCall } from "./operationCall.ts";

export function isShared({ buffer }: Float32Array): boolean {
  return typeof SharedArrayBuffer === "function" && buffer instanceof SharedArrayBuffer;
}

/**
 * Returns whether a result passes through slots: its array is not shared, or is an input, too. A worker that
 * dies while it writes would destroy that input.
 */
export function mustBeStaged(output: Float32Array, inputs: readonly ArrayLike<number>[]): boolean {
  return !isShared(output) || inputs.some((input) => overlap(input, output));
}

/** Returns whether every thread reads and writes the arrays of a call themselves. */
export function isInPlace({
  inputs,
  shared,
  outputs,
}: Pick<OperationCall, "inputs" | "shared" | "outputs">): boolean {
  const isStaged = (output: Float32Array | undefined) =>
    output !== undefined && mustBeStaged(output, [...inputs, ...shared]);
  return inputs.every(isShared) && !outputs.some(isStaged);
}

function overlap(a: ArrayLike<number>, b: Float32Array): boolean {
  if (!ArrayBuffer.isView(a) || a.buffer !== b.buffer) return false;
  return a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
}
