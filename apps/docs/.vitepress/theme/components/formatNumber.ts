/** Formats a number as the examples do: as an integer, with four decimals, or in scientific notation. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  return textOf(value).replace(/-/g, "−");
}

function textOf(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e5 || (size > 0 && size < 1e-3)) return value.toExponential(2).replace("e+", "e");
  return Number.isInteger(value) ? String(value) : value.toFixed(4);
}
