import { formatValue } from "@surprisal/core/authoring";

/** Returns the number that an author's function has returned; throws if it is not a number. */
export function checkReturned(label: string, value: unknown): number {
  if (typeof value === "number") return value;
  throw new TypeError(`${label} must return a number, but returned ${formatValue(value)}.`);
}

/** Describes what a formula has returned: an object by its keys. */
function formatReturned(value: unknown): string {
  if (value?.constructor !== Object) return formatValue(value);
  return `{ ${Object.keys(value).join(", ")} }`;
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

/**
 * Throws if an element loss's formula has not returned a loss and gradients of its arguments.
 *
 * @param differentiable the arguments whose gradients the definition promises; the first argument by default.
 */
export function checkElementFormula(
  functionName: string,
  formula: unknown,
  argumentNames: readonly string[],
  differentiable: readonly string[] = [argumentNames[0]],
): void {
  const label = `${functionName}: formula`;
  const { loss, gradients, block } = (formula ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof block === "function") return;
  if (typeof loss !== "function" || typeof gradients !== "object" || gradients === null) {
    throw new TypeError(
      `${label} must return { loss, gradients } or { block }, but returned ${formatReturned(formula)}.`,
    );
  }
  for (const [argument, gradient] of Object.entries(gradients)) {
    if (!argumentNames.includes(argument)) {
      throw new TypeError(
        `${label}: gradients.${argument} belongs to no argument, expected ${argumentNames.join(", ")}.`,
      );
    }
    if (typeof gradient !== "function") {
      throw new TypeError(
        `${label}: gradients.${argument} must be a function, got ${formatValue(gradient)}.`,
      );
    }
  }
  const missing = differentiable.find((argument) => !Object.hasOwn(gradients, argument));
  if (missing !== undefined) {
    throw new TypeError(
      `${label} must return gradients.${missing}, because the definition differentiates ${missing}.`,
    );
  }
}

/** Throws if a batch loss's `formula` has not returned `{ lossShape, prepare }`. */
export function checkBatchFormula(functionName: string, formula: unknown): void {
  const { lossShape, prepare } = (formula ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof lossShape === "function" && typeof prepare === "function") return;
  throw new TypeError(
    `${functionName}: formula must return { lossShape, prepare }, but returned ${formatReturned(formula)}.`,
  );
}

/** Throws unless a batch loss's `lossShape` has returned a shape. */
export function checkLossShape(functionName: string, shape: unknown): void {
  const isSize = (size: unknown) => Number.isInteger(size) && (size as number) >= 0;
  if (Array.isArray(shape) && shape.every(isSize)) return;
  throw new TypeError(
    `${functionName}: lossShape must return an array of sizes, but returned ${formatValue(shape)}.`,
  );
}

/** Throws unless a batch loss's `readSampleWeight` has returned a weight for each loss. */
export function checkOwnWeights(functionName: string, weights: unknown, count: number): void {
  if (weights instanceof Float64Array && weights.length === count) return;
  throw new TypeError(
    `${functionName}: readSampleWeight must return a Float64Array of ${count} weights, one per loss, but returned ${formatValue(weights)}.`,
  );
}

/** Throws unless a batch loss's `prepare` has returned `{ evaluate }`, and divisors for each loss if it has any. */
export function checkBatchEvaluation(
  functionName: string,
  evaluation: unknown,
  count: number,
): void {
  const label = `${functionName}: prepare must return`;
  const { evaluate, meanDivisors, meanDivisor, emptyMean } = (evaluation ?? {}) as {
    readonly [name: string]: unknown;
    readonly meanDivisors?: ArrayLike<number>;
  };
  if (typeof evaluate !== "function") {
    throw new TypeError(`${label} { evaluate }, but returned ${formatReturned(evaluation)}.`);
  }
  if (meanDivisors !== undefined && meanDivisors?.length !== count) {
    throw new TypeError(
      `${label} ${count} meanDivisors, one per loss, but returned ${formatValue(meanDivisors)}.`,
    );
  }
  for (const [name, value] of Object.entries({ meanDivisor, emptyMean })) {
    if (value === undefined || typeof value === "number") continue;
    throw new TypeError(`${label} a number as ${name}, but returned ${formatValue(value)}.`);
  }
}
