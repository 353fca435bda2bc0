/** The range of values over the width of a figure. */
export type Domain = readonly [low: number, high: number];

/** The start and the length of a bar, in percent of the width of the figure. */
export interface BarSpan {
  readonly left: number;
  readonly width: number;
}

/** Returns the smallest range that contains all finite values and 0. */
export function domainOf(values: readonly number[]): Domain {
  const finite = values.filter(Number.isFinite);
  const low = Math.min(0, ...finite);
  const high = Math.max(0, ...finite);
  return low === high ? [0, 1] : [low, high];
}

/** Returns the bar from 0 to a value, clipped to the range. The bar of NaN is empty. */
export function barSpan(value: number, [low, high]: Domain): BarSpan {
  const place = (v: number) => (100 * (Math.min(Math.max(v, low), high) - low)) / (high - low);
  const zero = place(0);
  const end = Number.isNaN(value) ? zero : place(value);
  return { left: Math.min(zero, end), width: Math.abs(end - zero) };
}
