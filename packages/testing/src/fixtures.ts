import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const words: Record<string, number> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  "-inf": Number.NEGATIVE_INFINITY,
};

/** Reads a gzipped JSON file of reference cases, in which NaN and infinities are text. */
export function readFixtures<Case>(url: URL): Case[] {
  const text = gunzipSync(readFileSync(url)).toString();
  return JSON.parse(text, (_, value) =>
    typeof value === "string" && Object.hasOwn(words, value) ? words[value] : value,
  );
}

/**
 * Returns the largest error relative to the expected value, or to `floor` if that is larger: the
 * result of a cancellation is only as exact as its terms. NaN and infinities must agree.
 */
export function relativeError(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  floor: number,
): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(actual[i], expected[i]) || actual[i] === expected[i]) continue;
    const error = Math.abs(actual[i] - expected[i]) / Math.max(Math.abs(expected[i]), floor);
    worst = Math.max(worst, Number.isFinite(error) ? error : Number.POSITIVE_INFINITY);
  }
  return worst;
}

/** Returns the largest finite magnitude, for the floor of `relativeError`. */
export function magnitude(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) most = Math.max(most, Math.abs(values[i]));
  }
  return most;
}
