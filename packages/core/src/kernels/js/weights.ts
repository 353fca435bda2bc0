// The sum of weights, and whether they are plain.
import { elementBlockLength } from "../limits.ts";
import { compensatedSum, sumOf } from "./compensatedSum.ts";

/** Weights of losses with their sum. */
export interface Weights {
  readonly values: Float64Array;
  /** Their sum, compensated. */
  readonly sum: number;
  /** Whether each is 0 or from 2^−30 to 2^30: no product of two of them is extreme, and no sum. */
  readonly arePlain: boolean;
}

/** The least plain weight above 0. */
export const leastPlain = 2 ** -30;
/** The largest plain weight. */
export const largestPlain = 2 ** 30;

/** Returns the sum of weights from `start` to `end`; NaN if one of them is not plain. */
type PlainSum = (values: Float64Array, start: number, end: number) => number;

/** The number of weights that are added up at once: the first cache holds them. */
const blockLength = elementBlockLength / 2;

/** Returns whether a weight is plain; see `Weights`. */
export function isPlainWeight(value: number): boolean {
  return value === 0 || (value >= leastPlain && value <= largestPlain);
}

/** Adds weights up, and checks whether they are plain. */
export function weightsOf(values: Float64Array, plainSumOf: PlainSum = plainSum): Weights {
  const { length } = values;
  let arePlain = true;
  const total = compensatedSum();
  for (let start = 0; start < length; start += blockLength) {
    const end = Math.min(length, start + blockLength);
    const sum = plainSumOf(values, start, end);
    if (Number.isNaN(sum)) arePlain = false;
    total.add([Number.isNaN(sum) ? sumOf(values, start, end) : sum], 1);
  }
  return { values, sum: total.value(), arePlain };
}

/** Adds weights up in JavaScript. */
export const plainSum: PlainSum = (values, start, end) => {
  for (let i = start; i < end; i++) if (!isPlainWeight(values[i])) return Number.NaN;
  return sumOf(values, start, end);
};
