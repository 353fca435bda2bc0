import type { Domain } from "./barSpan.ts";

/** Where a value lies in a range, in percent of it, and not outside. */
export function placeIn(value: number, [low, high]: Domain): number {
  const place = (100 * (value - low)) / (high - low);
  return Number.isNaN(place) ? 0 : Math.min(Math.max(place, 0), 100);
}

/** An SVG path through evenly spaced values, 100 wide and high, broken where a value is not finite. */
export function pathOf(values: readonly number[], domain: Domain): string {
  let path = "";
  let pen = "M";
  values.forEach((value, i) => {
    if (Number.isFinite(value)) {
      const x = (100 * i) / (values.length - 1);
      path += `${pen}${round(x)} ${round(100 - placeIn(value, domain))}`;
      pen = "L";
    } else pen = "M";
  });
  return path;
}

const round = (value: number) => Math.round(value * 100) / 100;
