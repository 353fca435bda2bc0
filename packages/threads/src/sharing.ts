// Which arrays threads share.

export function isShared({ buffer }: Float32Array): boolean {
  return typeof SharedArrayBuffer === "function" && buffer instanceof SharedArrayBuffer;
}

/**
 * Returns whether a result passes through slots: its array is not shared, or is an input, too. A worker that
 * dies while it writes would destroy that input.
 */
export function mustBeStaged(
  output: Float32Array | undefined,
  inputs: readonly Float32Array[],
): boolean {
  if (output === undefined) return false;
  return (
    !isShared(output) ||
    inputs.some((input) => input.buffer === output.buffer && overlap(input, output))
  );
}

function overlap(a: Float32Array, b: Float32Array): boolean {
  return a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength;
}
