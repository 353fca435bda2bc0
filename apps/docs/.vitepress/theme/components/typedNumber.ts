/** Returns the number that a reader has typed, with ∞ or `inf` for infinity, or undefined if it is none. */
export function readNumber(text: string): number | undefined {
  const plain = text.trim().replace(/−/g, "-").replace(",", ".");
  const infinity = /^([+-]?)(∞|inf(inity)?)$/i.exec(plain);
  if (infinity) return infinity[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const value = Number(plain);
  return plain === "" || Number.isNaN(value) ? undefined : value;
}

/** Returns a number as `readNumber` reads it, with all its digits. */
export function writeNumber(value: number): string {
  return String(value).replace("Infinity", "∞").replace(/-/g, "−");
}
