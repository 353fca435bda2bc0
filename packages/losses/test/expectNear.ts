import { relativeError } from "@surprisal/testing";
import { expect } from "vitest";

/** How far numbers may be from those that are expected. */
export interface Tolerance {
  /** The relative error must be below this. */
  readonly limit: number;
  /** Errors of smaller numbers are relative to this number. */
  readonly floor: number;
}

/**
 * Fails unless numbers are near the expected ones. The message has the number that is furthest off.
 *
 * @param what the numbers, in words that begin the message.
 */
export function expectNear(
  actual: readonly number[],
  expected: readonly number[],
  { limit, floor }: Tolerance,
  what: string,
): void {
  const error = relativeError(actual, expected, floor);
  if (error < limit) return;
  if (actual.length !== expected.length) {
    expect.fail(
      `${what}: got an array of length ${actual.length}, expected length ${expected.length}.`,
    );
  }
  const at = actual.findIndex(
    (number, i) => relativeError([number], [expected[i]], floor) === error,
  );
  const place = actual.length === 1 ? "" : ` at element ${at}`;
  expect.fail(
    `${what}${place}: got ${actual[at]}, expected ${expected[at]}. The relative error is ${error}, expected less than ${limit}.`,
  );
}
