import type { Domain } from "./barSpan.ts";

/** Returns the position of a value in a range, in percent, clamped to 0 … 100. */
export function placeIn(value: number, [low, high]: Domain): number {
  const place = (100 * (value - low)) / (high - low);
  return Number.isNaN(place) ? 0 : Math.min(Math.max(place, 0), 100);
}

/** Returns an SVG path, 100 wide and high, through evenly spaced values; it has gaps at non-finite ones. */
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
