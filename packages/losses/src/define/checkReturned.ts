import { formatValue } from "@surprisal/core/authoring";

/** Returns the number that an author's function has returned; throws if it is no number. */
export function checkReturned(label: string, value: unknown): number {
  if (typeof value === "number") return value;
  throw new TypeError(`${label} must return a number, but returned ${formatValue(value)}.`);
}

/** Throws if a class loss's `formula` has not returned a function of one row. */
export function checkRowFunction(functionName: string, formula: unknown): void {
  if (typeof formula === "function") return;
  throw new TypeError(
    `${functionName}: formula must return a function of one row, but returned ${formatValue(formula)}.`,
  );
}

/** Throws if a row loss's `formula` has returned neither a function of one row nor `{ block }`. */
export function checkRowFormula(functionName: string, formula: unknown): void {
  if (typeof formula === "function") return;
  if (typeof (formula as { block?: unknown } | undefined)?.block === "function") return;
  throw new TypeError(
    `${functionName}: formula must return a function of one row or { block }, but returned ${formatValue(formula)}.`,
  );
}
