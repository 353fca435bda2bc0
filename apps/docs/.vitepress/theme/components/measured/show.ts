/** Two digits that count, in the unit that fits. */
function inUnits(value: number, units: readonly (readonly [string, number])[]): string {
  const [unit, size] = units.find(([, size]) => value < 1000 * size) ?? units[units.length - 1];
  return `${Number((value / size).toPrecision(2))} ${unit}`;
}

/** A time given in nanoseconds. */
export function showTime(nanoseconds: number): string {
  return inUnits(nanoseconds, [
    ["ns", 1],
    ["µs", 1e3],
    ["ms", 1e6],
    ["s", 1e9],
  ]);
}

export function showBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return inUnits(bytes, [
    ["B", 1],
    ["kB", 1e3],
    ["MB", 1e6],
    ["GB", 1e9],
  ]);
}

/** How many times as much: two digits. */
export function showRatio(ratio: number): string {
  return `${Number(ratio.toPrecision(2))}×`;
}

/** An error of two digits, in ulp. */
export function showUlp(ulp: number): string {
  if (ulp === Number.POSITIVE_INFINITY) return "∞";
  return ulp < 1e4 ? String(ulp) : ulp.toExponential(1).replace("e+", "e");
}
