import type { Domain } from "./barSpan.ts";

/** Where a value lies on a logarithmic scale, in percent of it, and not outside. */
export function logPlace(value: number, [low, high]: Domain): number {
  const place = (100 * Math.log(value / low)) / Math.log(high / low);
  return Math.min(Math.max(place, 0), 100);
}

/** The powers of ten in a range that begins and ends with one. */
export function powersOfTen([low, high]: Domain): number[] {
  const first = Math.round(Math.log10(low));
  const last = Math.round(Math.log10(high));
  return Array.from({ length: last - first + 1 }, (_, i) => Number(`1e${first + i}`));
}

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A power of ten as it stands at an axis. */
export function showPower(power: number): string {
  const exponent = Math.round(Math.log10(power));
  if (exponent < 4) return String(power);
  return `10${[...String(exponent)].map((digit) => superscripts[Number(digit)]).join("")}`;
}
