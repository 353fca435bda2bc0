/** What the arithmetic needs of the measurements. */
export interface Rates {
  readonly corpus: { readonly bytes: number };
  readonly shardBytes: number;
  readonly scoring: { readonly processorSeconds: number };
  readonly merging: { readonly microsecondsPerShard: number };
  readonly queue: { readonly serverMicrosecondsPerShard: number };
}

/** The size of a job: how it is cut, how long it takes, and how busy the queue is. */
export interface Scale {
  readonly machines: number;
  readonly seconds: number;
  readonly shardBytes: number;
  readonly shards: number;
  readonly shardsPerSecond: number;
  /** The share of the server's one thread that is busy. At 1, the queue is the bottleneck. */
  readonly queueUse: number;
  readonly mergeSeconds: number;
}

/** Computes the time of a corpus on some machines, from the processor time of one core. */
export function scale(
  rates: Rates,
  job: { bytes: number; machines: number; cores: number; shardBytes: number },
): Scale {
  const bytesPerSecond = rates.corpus.bytes / rates.scoring.processorSeconds;
  const seconds = job.bytes / (bytesPerSecond * job.machines * job.cores);
  const shards = Math.ceil(job.bytes / job.shardBytes);
  const shardsPerSecond = shards / seconds;
  return {
    machines: job.machines,
    seconds,
    shardBytes: job.shardBytes,
    shards,
    shardsPerSecond,
    queueUse: (shardsPerSecond * rates.queue.serverMicrosecondsPerShard) / 1e6,
    mergeSeconds: (shards * rates.merging.microsecondsPerShard) / 1e6,
  };
}
