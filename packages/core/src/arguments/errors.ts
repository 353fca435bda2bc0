import { formatValue } from "./format.ts";

/** Returns the error for an argument of the wrong kind: `label` names it, `requirement` completes "must …". */
export function typeError(label: string, requirement: string, received: string): TypeError {
  return new TypeError(`${label} must ${requirement}, got ${received}.`);
}

/** Returns the error for an argument of the right kind whose value is wrong. */
export function rangeError(label: string, requirement: string, received: string): RangeError {
  return new RangeError(`${label} must ${requirement}, got ${received}.`);
}

/** Returns a RangeError for a number that does not meet the requirement, or a TypeError for a value of another type. */
export function numberError(label: string, requirement: string, value: unknown): Error {
  const error = typeof value === "number" ? rangeError : typeError;
  return error(label, requirement, formatValue(value, true));
}
