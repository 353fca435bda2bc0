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

/** PyTorch's kernels for processors without AVX-512, measured where a processor has it. */
const avx2 = `${baseline}, AVX2`;

/** Both cores, and PyTorch's other kernels. */
const variants = [`${ours}, 2 threads`, "PyTorch, 2 threads", avx2];

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
      label: labelOf(implementation, found),
      value: ratio,
      marked: implementation === ours,
    }));
  return { shape, bars };
}

/** Returns the name of an implementation with its threads, and PyTorch's with its instruction set. */
function labelOf(implementation: string, found: Found): string {
  if (implementation === ours) return "Surprisal, 1 thread";
  const hasAvx512 = found.some((one) => one.implementation === avx2);
  const isPyTorch = implementation.startsWith("PyTorch");
  if (hasAvx512 && isPyTorch && implementation !== avx2) return `${implementation}, AVX-512`;
  return implementation.replace(" relaxed", "");
}
