import type { Domain } from "./barSpan.ts";

/** Returns the position of a value on a logarithmic scale, in percent, clamped to 0 … 100. */
export function logPosition(value: number, [low, high]: Domain): number {
  const position = (100 * Math.log(value / low)) / Math.log(high / low);
  return Math.min(Math.max(position, 0), 100);
}

/** Returns the powers of ten in a range that begins and ends with one. */
export function powersOfTen([low, high]: Domain): number[] {
  const first = Math.round(Math.log10(low));
  const last = Math.round(Math.log10(high));
  return Array.from({ length: last - first + 1 }, (_, i) => Number(`1e${first + i}`));
}

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Formats a power of ten as the label of an axis. */
export function formatPower(power: number): string {
  const exponent = Math.round(Math.log10(power));
  if (exponent < 4) return String(power);
  return `10${[...String(exponent)].map((digit) => superscripts[Number(digit)]).join("")}`;
}
