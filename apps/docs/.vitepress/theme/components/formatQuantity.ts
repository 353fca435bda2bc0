/** Formats a value to two significant digits, in the largest fitting unit. */
function inUnits(value: number, units: readonly (readonly [string, number])[]): string {
  const [unit, size] = units.find(([, size]) => value < 1000 * size) ?? units[units.length - 1];
  return `${Number((value / size).toPrecision(2))} ${unit}`;
}

/** Formats a time that is given in nanoseconds. */
export function formatTime(nanoseconds: number): string {
  return inUnits(nanoseconds, [
    ["ns", 1],
    ["µs", 1e3],
    ["ms", 1e6],
    ["s", 1e9],
  ]);
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return inUnits(bytes, [
    ["B", 1],
    ["kB", 1e3],
    ["MB", 1e6],
    ["GB", 1e9],
  ]);
}

/** Formats a ratio to two significant digits. */
export function formatRatio(ratio: number): string {
  return `${Number(ratio.toPrecision(2))}×`;
}

/** Formats an error in ulp that has two significant digits. */
export function formatUlp(ulp: number): string {
  if (ulp === Number.POSITIVE_INFINITY) return "∞";
  return ulp < 1e4 ? String(ulp) : ulp.toExponential(1).replace("e+", "e");
}
