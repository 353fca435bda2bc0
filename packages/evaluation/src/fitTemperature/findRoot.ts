import type { Derivatives } from "./nll.ts";

/** How far a bracket reaches further in one step. */
const bracketFactor = 16;

/** More steps than halving the bracket in float64 takes. */
const maxSteps = 200;

/**
 * Finds where the slope of a convex function of x > 0 is 0, to the precision of float64.
 *
 * Newton's method takes the steps. A step that leaves the bracket is replaced by the bracket's middle.
 *
 * @param start the first guess, above 0.
 */
export function findRoot(evaluate: (x: number) => Derivatives, start: number): number {
  let low = start;
  let high = start;
  while (low > 0 && evaluate(low).slope > 0) low /= bracketFactor;
  while (high < Number.MAX_VALUE && evaluate(high).slope < 0) {
    high = Math.min(high * bracketFactor, Number.MAX_VALUE);
  }
  let x = Math.min(high, Math.max(low, start));
  for (let step = 0; step < maxSteps && low < high; step++) {
    const { slope, curvature } = evaluate(x);
    if (slope === 0) return x;
    if (slope < 0) low = x;
    else high = x;
    const newton = x - slope / curvature;
    const next = newton > low && newton < high ? newton : middleOf(low, high);
    if (next === x || next === low || next === high) return next;
    x = next;
  }
  return x;
}

/** Returns the geometric mean, which halves the range of magnitudes, until the bounds are near each other. */
function middleOf(low: number, high: number): number {
  if (high < 2 * low) return low + (high - low) / 2;
  return Math.sqrt(Math.max(low, Number.MIN_VALUE)) * Math.sqrt(high);
}
