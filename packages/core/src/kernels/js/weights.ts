// The sum of weights, and whether they are plain.
import { elementBlockLength } from "../limits.ts";
import { compensatedSum, sumOf } from "./compensatedSum.ts";

/** Weights of losses with their sum. */
export interface Weights {
  readonly values: Float64Array;
  /** Their sum, compensated. */
  readonly sum: number;
  /** Whether each is 0, or at least 2^−30 and below 2^30: no product of two of them is extreme, and no sum. */
  readonly arePlain: boolean;
}

/** The least plain weight above 0. */
export const leastPlain = 2 ** -30;
/** Plain weights are less. */
export const plainLimit = 2 ** 30;

/** Returns the sum of weights from `start` to `end`; NaN if one of them is not plain. */
type PlainSum = (values: Float64Array, start: number, end: number) => number;

/** The number of weights that are added up at once: the first cache holds them. */
const blockLength = elementBlockLength / 2;

/** Returns whether a number is a weight: finite, and at least 0. */
export function isWeight(value: number): boolean {
  return value >= 0 && value <= Number.MAX_VALUE;
}

/** Returns whether a weight is plain; see `Weights`. */
export function isPlainWeight(value: number): boolean {
  return value === 0 || (value >= leastPlain && value < plainLimit);
}

/** The upper halves of the bits of the two bounds. */
const leastWord = (1023 - 30) << 20;
const limitWord = (1023 + 30) << 20;

/** Returns whether all weights from `start` to `end` are plain. It has no branches, which scattered zeros would mislead. */
function arePlain(values: Float64Array, start: number, end: number): boolean {
  const words = new Int32Array(values.buffer, values.byteOffset + 8 * start, 2 * (end - start));
  // The sign is set if a weight is out of bounds and not 0.
  let signs = 0;
  for (let i = 0; i < words.length; i += 2) {
    const upper = words[i + 1];
    const bits = words[i] | upper;
    signs |= ((upper - leastWord) | (limitWord - 1 - upper)) & (bits | -bits);
  }
  return signs >= 0;
}

/** Adds weights up, and checks whether they are plain. */
export function weightsOf(values: Float64Array, plainSumOf: PlainSum = plainSum): Weights {
  const { length } = values;
  let areAllPlain = true;
  const total = compensatedSum();
  for (let start = 0; start < length; start += blockLength) {
    const end = Math.min(length, start + blockLength);
    const sum = plainSumOf(values, start, end);
    if (Number.isNaN(sum)) areAllPlain = false;
    total.add([Number.isNaN(sum) ? sumOf(values, start, end) : sum], 1);
  }
  return { values, sum: total.value(), arePlain: areAllPlain };
}

/**
 * Copies integers, a mask above all, to `values`, and adds them up: they need no compensation. Returns undefined if an
 * integer is below 0 or has more than 16 bits.
 */
export function integerWeights(
  integers: Int32Array | Uint8Array,
  values: Float64Array,
): Weights | undefined {
  let sum = 0;
  let signs = 0;
  for (let i = 0; i < integers.length; i++) {
    const integer = integers[i];
    values[i] = integer;
    sum += integer;
    signs |= integer | (0xffff - integer);
  }
  return signs < 0 ? undefined : { values, sum, arePlain: true };
}

/** Adds weights up in JavaScript. */
export const plainSum: PlainSum = (values, start, end) =>
  arePlain(values, start, end) ? sumOf(values, start, end) : Number.NaN;
