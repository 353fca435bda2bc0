import { expect, test } from "vitest";
import { measurements } from "./measurements.ts";
import { scale } from "./scaling.ts";

const rates = {
  corpus: { bytes: 1000 },
  shardBytes: 10,
  scoring: { processorSeconds: 2 },
  merging: { microsecondsPerShard: 5 },
  queue: { serverMicrosecondsPerShard: 100 },
};

test("cores divide the time, and small shards fill the queue", () => {
  // A core scores 500 bytes per second: 10^7 bytes take 20,000 s, or 100 s on 200 cores.
  const job = { bytes: 1e7, machines: 100, cores: 2, shardBytes: 10 };
  expect(scale(rates, job)).toEqual({
    machines: 100,
    seconds: 100,
    shardBytes: 10,
    shards: 1e6,
    shardsPerSecond: 1e4,
    queueUse: 1,
    mergeSeconds: 5,
  });
  const large = scale(rates, { ...job, shardBytes: 1000 });
  expect(large).toMatchObject({ seconds: 100, shards: 1e4, mergeSeconds: 0.05 });
  expect(large.queueUse).toBeCloseTo(0.01, 12);
});

test("the measurements are complete", () => {
  const { seconds } = scale(measurements, { bytes: 1e12, machines: 1, cores: 1, shardBytes: 1e7 });
  expect(seconds).toBeGreaterThan(0);
  expect(measurements.workers.map(({ workers }) => workers)).toEqual([1, 2, 3]);
});
