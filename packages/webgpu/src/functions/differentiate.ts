import { formatValue } from "@surprisal/core/authoring";

/**
 * Returns the arguments whose gradients are computed: all that are given, or those in the option `differentiate`.
 *
 * @param names the arguments that have gradients; the first one's is always computed.
 * @param given those of them that the call has.
 */
export function readDifferentiate(
  functionName: string,
  names: readonly string[],
  given: readonly string[],
  differentiate: unknown,
): readonly string[] {
  if (differentiate === undefined) return given;
  const label = `${functionName}: differentiate`;
  if (!Array.isArray(differentiate)) {
    throw new TypeError(
      `${label} must be an array of argument names, got ${formatValue(differentiate)}.`,
    );
  }
  const unknown = differentiate.findIndex((name) => !names.includes(name));
  if (unknown !== -1) {
    const name: unknown = differentiate[unknown];
    const Kind = typeof name === "string" ? RangeError : TypeError;
    throw new Kind(`${label} holds ${formatValue(name)}, expected names from ${names.join(", ")}.`);
  }
  if (!differentiate.includes(names[0])) {
    throw new RangeError(
      `${label} must hold ${formatValue(names[0])}, the first argument, got ${JSON.stringify(differentiate)}.`,
    );
  }
  const missing = differentiate.find((name) => !given.includes(name));
  if (missing !== undefined) {
    throw new TypeError(
      `${functionName}: ${missing} is not given or holds integers, so it has no gradient.`,
    );
  }
  return names.filter((name) => differentiate.includes(name));
}
