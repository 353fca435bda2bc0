/** A range of values, which a figure is wide. */
export type Domain = readonly [low: number, high: number];

/** Where a bar begins and how long it is, both in percent of the figure's width. */
export interface BarSpan {
  readonly left: number;
  readonly width: number;
}

/** The range that holds all finite values, and 0. */
export function domainOf(values: readonly number[]): Domain {
  const finite = values.filter(Number.isFinite);
  const low = Math.min(0, ...finite);
  const high = Math.max(0, ...finite);
  return low === high ? [0, 1] : [low, high];
}

/** The bar from 0 to a value, cut off where the range ends. NaN has none. */
export function barSpan(value: number, [low, high]: Domain): BarSpan {
  const place = (v: number) => (100 * (Math.min(Math.max(v, low), high) - low)) / (high - low);
  const zero = place(0);
  const end = Number.isNaN(value) ? zero : place(value);
  return { left: Math.min(zero, end), width: Math.abs(end - zero) };
}
