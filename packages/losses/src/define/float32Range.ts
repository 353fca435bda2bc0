// Losses of float32 input compute in float32. A finite float64 beyond its range would silently become ∞.
import type { KernelArray, NumberView } from "@surprisal/core/authoring";
import { findInvalid, type ValueCheck } from "./elementArguments.ts";

/** The largest float64 that rounds to a finite float32. */
const largest = 3.4028235677973362e38;

/** Returns the condition on the other arguments, and on options that hold arrays, of a call whose first argument is float32. */
export function float32Check(inputName: string): ValueCheck {
  return {
    range: [-largest, largest],
    valid: (value) => !Number.isFinite(value),
    expected: `within ±3.4e38, because ${inputName} is float32`,
  };
}

/** Returns whether an array holds a finite number that float32 cannot hold. Integers of typed arrays are all in its range. */
export function exceedsFloat32({ data }: Pick<NumberView, "data">): boolean {
  if (!(data instanceof Float64Array || Array.isArray(data))) return false;
  // A sum takes two thirds of the time of comparing each number. It is NaN or ∞ if a number is.
  let sum = 0;
  for (let first = 0; first < data.length; first += blockLength) {
    sum += sumOfMagnitudes(data, first, Math.min(data.length, first + blockLength));
  }
  return !(sum <= largest) && findInvalid(float32Check(""), data, 0) < data.length;
}

/** The numbers that one call adds up: V8 optimizes a function of many calls sooner than a loop of many rounds. */
const blockLength = 1024;

function sumOfMagnitudes(data: ArrayLike<number>, first: number, end: number): number {
  let [even, odd] = [0, 0];
  let i = first;
  for (; i + 1 < end; i += 2) {
    even += Math.abs(data[i]);
    odd += Math.abs(data[i + 1]);
  }
  return i < end ? even + odd + Math.abs(data[i]) : even + odd;
}

/**
 * Throws if a vector holds a number that float32 cannot hold, unless its loss has the weight 0.
 *
 * @param load copies the vectors of the losses from number `first` on to a block.
 */
export function checkFloat32Vectors(
  label: string,
  inputName: string,
  data: ArrayLike<number>,
  size: number,
  rows: number,
  sampleWeight: Float64Array | undefined,
  load: (first: number, count: number, block: KernelArray) => void,
): void {
  if (!exceedsFloat32({ data })) return;
  const check = float32Check(inputName);
  const vector = new Float64Array(size);
  for (let row = 0; row < rows; row++) {
    if (sampleWeight?.[row] === 0) continue;
    load(row, 1, vector);
    const j = findInvalid(check, vector, 0);
    if (j >= size) continue;
    throw new RangeError(`${label} must be ${check.expected}, got ${vector[j]} at row ${row}.`);
  }
}
