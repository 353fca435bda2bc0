import { formatShape, type NumberView } from "@surprisal/core/authoring";

/**
 * Throws unless queries have shape [N, D] and keys [N, D] or, if there may be more of them, [M, D].
 *
 * @param advice what to do with further keys, if there may be none.
 */
export function checkPairs(
  functionName: string,
  queries: NumberView,
  keys: NumberView,
  isOneToOne: boolean,
  advice = "",
): void {
  if (queries.shape.length !== 2) {
    throw new RangeError(
      `${functionName}: queries must have shape [N, D], got ${formatShape(queries.shape)}.`,
    );
  }
  const [count, size] = queries.shape;
  const [keyCount, keySize] = keys.shape;
  const isEnough = isOneToOne ? keyCount === count : keyCount >= count;
  if (keys.shape.length === 2 && keySize === size && isEnough) return;
  const more = isOneToOne ? "" : ", or more rows";
  const hasFurtherKeys = keySize === size && keyCount > count;
  throw new RangeError(
    `${functionName}: keys must have shape [${count}, ${size}]${more}, got ${formatShape(keys.shape)}.${hasFurtherKeys ? advice : ""}`,
  );
}

/** Returns the number of an option that may be differentiated, or its default. */
export function readNumberOption(
  label: string,
  option: NumberView | undefined,
  fallback: number,
  expected: string,
  isValid: (value: number) => boolean,
): number {
  if (option === undefined) return fallback;
  if (option.shape.length > 0) {
    throw new RangeError(`${label} must be ${expected}, got shape ${formatShape(option.shape)}.`);
  }
  const value = option.data[0];
  if (!isValid(value)) throw new RangeError(`${label} must be ${expected}, got ${value}.`);
  return value;
}
