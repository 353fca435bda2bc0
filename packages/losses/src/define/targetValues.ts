import type { Layout } from "@surprisal/core/authoring";

/** Deeper arrays are refused when they are read. */
const maxDepth = 64;

/** Returns whether a container holds integers by its type: an integer array, or bigints. */
export function holdsIntegers(value: unknown): boolean {
  let first = value;
  for (let depth = 0; Array.isArray(first) && depth < maxDepth; depth++) first = first[0];
  if (typeof first === "bigint") return true;
  if (typeof first !== "object" || first === null) return false;
  if (ArrayBuffer.isView(first)) return isIntegerArray(first);
  try {
    const { data, type } = first as { data?: unknown; type?: unknown };
    return isIntegerArray(data) && type !== "float16" && type !== "bfloat16";
  } catch {
    // A getter threw. Reading the container says which.
    return false;
  }
}

/** Typed arrays are told by their tag, because those of another realm have other constructors. */
function isIntegerArray(value: unknown): boolean {
  return ArrayBuffer.isView(value) && /int/i.test(Object.prototype.toString.call(value));
}

/** Returns whether a row, whose first element is at `start`, has one 1 and zeros otherwise. */
export function isOneHot(data: ArrayLike<number>, start: number, { size, inner }: Layout): boolean {
  let ones = 0;
  for (let j = 0, k = start; j < size; j++, k += inner) {
    if (data[k] === 1) ones++;
    else if (data[k] !== 0) return false;
  }
  return ones === 1;
}

/**
 * Returns whether all numbers are finite and have no sign. It takes a third of the time of comparing the numbers:
 * the bits of ∞ and NaN, plus the last bit of the exponent, set the sign, as that of a negative number is set.
 */
export function areUnsignedAndFinite({ buffer, byteOffset, length }: Float32Array): boolean {
  const bits = new Int32Array(buffer, byteOffset, length);
  const whole = length - (length % 4);
  let signs = 0;
  // Four at a time: a loop over single numbers takes three times as long.
  for (let i = 0; i < whole; i += 4) {
    const a = bits[i];
    const b = bits[i + 1];
    const c = bits[i + 2];
    const d = bits[i + 3];
    signs |= a | b | c | d | (a + lastExponentBit) | (b + lastExponentBit);
    signs |= (c + lastExponentBit) | (d + lastExponentBit);
  }
  for (let i = whole; i < length; i++) signs |= bits[i] | (bits[i] + lastExponentBit);
  return signs >= 0;
}

const lastExponentBit = 1 << 23;

/** Returns the first class of a row whose probability is no finite number of at least 0, or −1. */
export function findInvalidProbability(
  data: ArrayLike<number>,
  start: number,
  { size, inner }: Layout,
): number {
  for (let j = 0, k = start; j < size; j++, k += inner) {
    if (!(data[k] >= 0 && data[k] < Number.POSITIVE_INFINITY)) return j;
  }
  return -1;
}
