import { formatValue } from "./format.ts";

/** Returns the error for an argument of the wrong kind: `label` names it, `requirement` completes "must …". */
export function typeError(label: string, requirement: string, received: string): TypeError {
  return new TypeError(`${label} must ${requirement}, got ${received}.`);
}

/** Returns the error for an argument of the right kind whose value is wrong. */
export function rangeError(label: string, requirement: string, received: string): RangeError {
  return new RangeError(`${label} must ${requirement}, got ${received}.`);
}

/** Returns the error for a value that must be another number, or a number at all. */
export function numberError(label: string, requirement: string, value: unknown): Error {
  const error = typeof value === "number" ? rangeError : typeError;
  return error(label, requirement, formatValue(value, true));
}
