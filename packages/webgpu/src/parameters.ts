import type { Parameters } from "./call.ts";

/** Returns parameters in the order of their types. */
export function parametersOf<Types extends Readonly<Record<string, "u32" | "i32" | "f32">>>(
  types: Types,
  values: Readonly<Record<keyof Types, number>>,
): Parameters {
  return Object.entries(types).map(([name, type]) => [name, type, values[name as keyof Types]]);
}

/** Splits a number into a pair of floats. */
export function splitPair(value: number): [high: number, low: number] {
  const high = Math.fround(value);
  return [high, Number.isFinite(high) ? value - high : 0];
}

/** Returns the words of the index of ignored rows, as a 64-bit integer. */
export function wordsOf(ignoreIndex: number): { ignoreLow: number; ignoreHigh: number } {
  return { ignoreLow: ignoreIndex >>> 0, ignoreHigh: Math.floor(ignoreIndex / 2 ** 32) >>> 0 };
}

/** The bits of NaN and of 0, for results over nothing. */
export const emptyBitsOf = { nan: 0x7fc00000, zero: 0 } as const;
