import { afterEach, describe, expect, it, vi } from "vitest";
import { longArrayPool } from "./bufferPool.ts";

describe("a pool of long arrays", () => {
  afterEach(() => void vi.unstubAllGlobals());

  const newPool = () => longArrayPool((length) => new Float64Array(length));

  it("hands out what was released, in the same job and in later ones", async () => {
    const pool = newPool();
    const [first, second] = [pool.acquire(5000), pool.acquire(6000)];
    pool.release(first);
    pool.release(second);
    expect(pool.acquire(5000)).toBe(first);
    expect(pool.acquire(5000)).not.toBe(first);
    await Promise.resolve();
    await Promise.resolve();
    expect(pool.acquire(6000)).toBe(second);
    expect(pool.acquire(6000)).not.toBe(second);
    pool.release(first);
    await Promise.resolve();
    await Promise.resolve();
    expect(pool.acquire(5000)).toBe(first);
  });

  it("keeps no short arrays", () => {
    const pool = newPool();
    const short = pool.acquire(100);
    pool.release(short);
    expect(pool.acquire(100)).not.toBe(short);
  });

  it("keeps sixteen arrays of a loop that never waits", async () => {
    let references = 0;
    vi.stubGlobal(
      "WeakRef",
      class<T extends WeakKey> extends WeakRef<T> {
        constructor(target: T) {
          super(target);
          references++;
        }
      },
    );
    const pool = newPool();
    const arrays = Array.from({ length: 100 }, (_, i) => pool.acquire(5000 + i));
    for (const array of arrays) pool.release(array);
    expect(references).toBe(0);
    expect(pool.acquire(5083)).not.toBe(arrays[83]);
    expect(pool.acquire(5084)).toBe(arrays[84]);
    await Promise.resolve();
    await Promise.resolve();
    expect(references).toBe(15);
    expect(pool.acquire(5099)).toBe(arrays[99]);
  });
});
