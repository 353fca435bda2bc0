/** A summary of samples. */
export interface Quartiles {
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  readonly min: number;
}

/** Returns the quartiles of samples, interpolated linearly as NumPy does by default. */
export function quartiles(samples: readonly number[]): Quartiles {
  if (samples.length === 0) throw new RangeError("quartiles: expected at least one sample, got 0.");
  const sorted = [...samples].sort((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    lowerQuartile: quantile(sorted, 0.25),
    upperQuartile: quantile(sorted, 0.75),
    min: sorted[0],
  };
}

function quantile(sorted: readonly number[], q: number): number {
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}
