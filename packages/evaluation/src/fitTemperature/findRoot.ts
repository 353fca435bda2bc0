/** A function's value and slope at one place. */
export interface Point {
  readonly value: number;
  readonly slope: number;
}

/** How far the bracket reaches at first. Every further step squares it. */
const firstFactor = 16;

/**
 * Finds where a falling function of x > 0, whose values are positive, has the value `target`, to the precision of
 * float64.
 *
 * Newton's method is applied to the logarithm of the function, because exponentials make its values fall by hundreds of
 * powers of ten. Every third step halves the bracket instead, so that two hundred steps are always enough.
 */
export function findRoot(evaluate: (x: number) => Point, target: number): number {
  let [low, high] = bracketOf(evaluate, target);
  let x = middleOf(low, high);
  for (let step = 1; low < high; step++) {
    const { value, slope } = evaluate(x);
    if (value > target) low = x;
    else high = x;
    const newton = x - (Math.log(value / target) * value) / slope;
    if (newton === x) return x;
    const isUseful = step % 3 !== 0 && newton > low && newton < high;
    const next = isUseful ? newton : middleOf(low, high);
    if (next === low || next === high) return next;
    x = next;
  }
  return x;
}

/** Returns places on both sides of the root. */
function bracketOf(evaluate: (x: number) => Point, target: number): [low: number, high: number] {
  let low = 1;
  let high = 1;
  for (let factor = firstFactor; low > 0 && evaluate(low).value < target; factor *= factor) {
    low /= factor;
  }
  for (
    let factor = firstFactor;
    high < Number.MAX_VALUE && evaluate(high).value > target;
    factor *= factor
  ) {
    high = Math.min(high * factor, Number.MAX_VALUE);
  }
  return [low, high];
}

/** Returns the geometric mean, which halves the range of magnitudes, until the bounds are near each other. */
function middleOf(low: number, high: number): number {
  if (high < 2 * low) return low + (high - low) / 2;
  return Math.sqrt(Math.max(low, Number.MIN_VALUE)) * Math.sqrt(high);
}
