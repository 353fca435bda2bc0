import { formatShape, formatValue, sameShape } from "@surprisal/core/authoring";
import type { PartialState } from "./partialSoftmax.ts";

/** A float in JSON, which has neither infinities nor NaN. `null` is −∞, or a logit that the part does not have. */
export type JsonNumber = number | null | "-Infinity" | "NaN";

/** The ids from `start` to before `end`. */
export type Interval = PartialState["vocabulary"][number];

/** Returns the number that a state's element represents. */
export function fromJson(value: JsonNumber): number {
  return Number(value ?? Number.NEGATIVE_INFINITY);
}

/** Joins intervals that are adjacent, in ascending order. Empty ones are left out. */
export function joinIntervals(intervals: readonly Interval[]): Interval[] {
  const joined: Interval[] = [];
  for (const { start, end } of [...intervals].sort((a, b) => a.start - b.start)) {
    const last = joined.at(-1);
    if (start === end) continue;
    if (last === undefined || start > last.end) joined.push({ start, end });
    else if (end > last.end) joined[joined.length - 1] = { start: last.start, end };
  }
  return joined;
}

/**
 * Throws if a state does not have all ids from 0 to its last one: without the others, no probability is known.
 *
 * @param result what cannot be computed, for the error: "losses".
 */
export function checkComplete(functionName: string, result: string, state: PartialState): void {
  const [first, second] = joinIntervals(state.vocabulary);
  if (first === undefined || (first.start === 0 && second === undefined)) return;
  const [from, to] = first.start > 0 ? [0, first.start] : [first.end, second.start];
  throw new RangeError(
    `${functionName}: ${result} need the states of all parts of the vocabulary, but ids ${from} to ${to - 1} are in none of them.`,
  );
}

/** Throws unless a value is a state of the same positions as the first one. */
export function checkState(label: string, state: PartialState, first: PartialState = state): void {
  if (typeof state !== "object" || state === null || state.type !== "partialSoftmax") {
    throw new TypeError(
      `${label} must be a state of partialSoftmax, got ${formatValue(state)}.${adviceFor(state)}`,
    );
  }
  if (state.version !== 1) {
    throw new RangeError(`${label}.version must be 1, got ${formatValue(state.version)}.`);
  }
  if (!isArrayOf(state.shape, isSize)) {
    throw new TypeError(
      `${label}.shape must be an array of sizes, got ${formatValue(state.shape)}.`,
    );
  }
  if (!isArrayOf(state.vocabulary, isInterval)) {
    throw new TypeError(
      `${label}.vocabulary must be an array of { start, end }, got ${formatValue(state.vocabulary)}.`,
    );
  }
  const rows = state.shape.reduce((product, size) => product * size, 1);
  for (const name of Object.keys(elementChecks) as (keyof typeof elementChecks)[]) {
    checkElements(`${label}.${name}`, state[name], rows, elementChecks[name]);
  }
  for (let r = 0; r < rows; r++) {
    if (!(fromJson(state.targetLogit[r]) > fromJson(state.max[r]))) continue;
    throw new RangeError(
      `${label}.targetLogit[${r}] must be at most max[${r}], ${state.max[r]}, got ${state.targetLogit[r]}.`,
    );
  }
  if (!sameShape(state.shape, first.shape)) {
    throw new RangeError(
      `${label} must have positions of shape ${formatShape(first.shape)}, like the first state, got ${formatShape(state.shape)}.`,
    );
  }
  const differs = state.ignored.findIndex((ignored, r) => ignored !== first.ignored[r]);
  if (differs !== -1) {
    throw new RangeError(
      `${label} must ignore the same positions as the first state, but differs at row ${differs}.`,
    );
  }
}

/** Returns what to write for a value that contains a state. */
function adviceFor(value: unknown): string {
  if (typeof value === "string") return " Pass what JSON.parse returns.";
  const isMerged = typeof value === "object" && value !== null && "state" in value;
  return isMerged ? " Pass its state." : "";
}

/** The condition on an element of a state's array, and its words. */
interface ElementCheck {
  readonly type: "number" | "boolean";
  readonly expected: string;
  isValid(value: unknown): boolean;
}

const isLogit = (value: unknown) => value === null || value === "NaN" || Number.isFinite(value);

/** What the elements of a state's arrays must be. */
const elementChecks = {
  max: { type: "number", expected: 'be a finite number, null or "NaN"', isValid: isLogit },
  sumExpExcludingMax: {
    type: "number",
    expected: "be a finite number of at least 0",
    isValid: (value) => Number.isFinite(value) && (value as number) >= 0,
  },
  targetLogit: {
    type: "number",
    expected: 'be a finite number, null, "-Infinity" or "NaN"',
    isValid: (value) => value === "-Infinity" || isLogit(value),
  },
  ignored: {
    type: "boolean",
    expected: "be true or false",
    isValid: (value) => typeof value === "boolean",
  },
} as const satisfies Partial<Record<keyof PartialState, ElementCheck>>;

/** Throws unless an array has a valid element for each position. */
function checkElements(
  label: string,
  array: unknown,
  rows: number,
  { type, expected, isValid }: ElementCheck,
): void {
  if (!Array.isArray(array)) {
    throw new TypeError(`${label} must be an array, got ${formatValue(array)}.`);
  }
  if (array.length !== rows) {
    throw new RangeError(
      `${label} must have an element for each of ${rows} positions, got ${array.length}.`,
    );
  }
  // Not every, which skips the gaps of an array.
  const wrong = array.findIndex((element) => !isValid(element));
  if (wrong < 0) return;
  const value: unknown = array[wrong];
  const Kind = typeof value === type ? RangeError : TypeError;
  throw new Kind(`${label}[${wrong}] must ${expected}, got ${formatValue(value)}.`);
}

function isArrayOf(array: unknown, isValid: (element: unknown) => boolean): array is unknown[] {
  // Not every, which skips the gaps of an array.
  return Array.isArray(array) && array.findIndex((element) => !isValid(element)) === -1;
}

function isSize(size: unknown): boolean {
  return Number.isSafeInteger(size) && (size as number) >= 0;
}

function isInterval(interval: unknown): boolean {
  const { start, end } = (interval ?? {}) as { start?: unknown; end?: unknown };
  return isSize(start) && isSize(end) && (start as number) <= (end as number);
}
