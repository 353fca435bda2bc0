import Table from "cli-table3";
import type { Ulp } from "../record.ts";

/** Draws a table, its first column left-aligned, the others right-aligned. */
export function drawTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  // Without colours the report is the same in a terminal, in a file and in a log.
  const style = { head: [], border: [], compact: true };
  const colAligns = head.map((_, i) => (i === 0 ? ("left" as const) : ("right" as const)));
  const table = new Table({ head: [...head], colAligns, style });
  table.push(...rows.map((row) => [...row]));
  return table.toString();
}

/** Formats a number to so many significant digits. */
export function formatNumber(value: number, digits = 3): string {
  if (value === 0) return "0";
  if (value >= 1e5 || value < 1e-3) return value.toExponential(1);
  return value >= 10 ** digits ? value.toFixed(0) : value.toPrecision(digits);
}

export function formatUlp(ulp: Ulp): string {
  const value = Number(ulp);
  return Number.isFinite(value) ? formatNumber(value, 2) : "∞";
}

export function formatBytes(count: number | undefined): string {
  if (count === undefined) return "";
  const units = ["B", "kB", "MB", "GB"];
  let value = count;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${formatNumber(value)} ${units[unit]}`;
}
