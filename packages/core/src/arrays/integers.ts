import { maxRank } from "./layout.ts";
import { typedArrayName } from "./typedArray.ts";

/** Returns whether a container holds integers by its type: an integer array, or bigints. */
export function holdsIntegers(value: unknown): boolean {
  let first = value;
  // Deeper arrays are refused when they are read.
  for (let depth = 0; Array.isArray(first) && depth < maxRank; depth++) first = first[0];
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

/** Returns whether a value is a typed array of integers, of this realm or another. */
export function isIntegerArray(value: unknown): boolean {
  return /int/i.test(typedArrayName(value) ?? "");
}
