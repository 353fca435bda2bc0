import {
  baseline,
  measurementsOf,
  ours,
  peers,
  type Results,
  shapesOf,
  speedups,
} from "../benchmarkResults/results.ts";
import type { Bar } from "../figures/Bars.vue";

export interface Speeds {
  readonly shape: string;
  readonly bars: readonly Bar[];
}

/** Both cores, and PyTorch's kernels for processors without AVX-512. */
const variants = [`${ours}, 2 threads`, "PyTorch, 2 threads", "PyTorch, 1 thread, AVX2"];

/** Smaller batches measure the cost of a call. */
const minElements = 1e5;

/**
 * Returns the speeds of cross-entropy on two shapes of large batches, relative to PyTorch on one thread:
 * the shape on which Surprisal is furthest ahead, and the one on which it is furthest behind.
 */
export function extremeSpeeds(results: Results): readonly [ahead: Speeds, behind: Speeds] {
  const large = shapesOf(results, "speed")
    .map((shape) => ({ shape, found: measurementsOf(results, "speed", "crossEntropy", shape) }))
    .filter(({ found }) => (found[0]?.elements ?? 0) >= minElements)
    .map(({ shape, found }) => ({ shape, found, own: ratioOf(found) }))
    .filter(({ own }) => own !== undefined)
    .sort((a, b) => (b.own ?? 0) - (a.own ?? 0));
  const [first, last] = [large[0], large[large.length - 1]];
  return [speedsOf(results, first), speedsOf(results, last)];
}

type Found = ReturnType<typeof measurementsOf>;

function ratioOf(found: Found): number | undefined {
  return speedups(found).find(({ implementation }) => implementation === ours)?.ratio;
}

function speedsOf(results: Results, { shape, found }: { shape: string; found: Found }): Speeds {
  const [peer] = peers(results, found);
  const shown = [ours, baseline, ...variants, peer?.implementation];
  const bars = speedups(found)
    .filter(({ implementation }) => shown.includes(implementation))
    .map(({ implementation, ratio }) => ({
      label: implementation.replace(" relaxed", "").replace(/^Surprisal$/, "$&, 1 thread"),
      value: ratio,
      marked: implementation === ours,
    }));
  return { shape, bars };
}
