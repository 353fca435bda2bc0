/** Returns how many bytes of typed arrays 50 calls allocate, after 50 others have filled the pools. */
export function allocatedBytes(call: () => void): number {
  const callOften = () => {
    for (let i = 0; i < 50; i++) call();
  };
  callOften();
  const before = process.memoryUsage().arrayBuffers;
  callOften();
  return process.memoryUsage().arrayBuffers - before;
}
