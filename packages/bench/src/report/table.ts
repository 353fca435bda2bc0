import Table from "cli-table3";

/** The first column left-aligned, the others right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  // No colours: the report reads the same in a terminal, in a file and in a log.
  const style = { head: [], border: [], compact: true };
  const colAligns = head.map((_, i) => (i === 0 ? ("left" as const) : ("right" as const)));
  const drawn = new Table({ head: [...head], colAligns, style });
  drawn.push(...rows.map((row) => [...row]));
  return drawn.toString();
}

export function figures(value: number, digits = 3): string {
  if (value === 0) return "0";
  if (value >= 1e5 || value < 1e-3) return value.toExponential(1);
  return value >= 10 ** digits ? value.toFixed(0) : value.toPrecision(digits);
}

export function ulps(ulp: number, wrong: boolean): string {
  const shown = Number.isFinite(ulp) ? figures(ulp, 2) : "∞";
  return wrong ? `wrong: ${shown}` : shown;
}

export function bytes(count: number | undefined): string {
  if (count === undefined) return "";
  const units = ["B", "kB", "MB", "GB"];
  let value = count;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${figures(value)} ${units[unit]}`;
}
