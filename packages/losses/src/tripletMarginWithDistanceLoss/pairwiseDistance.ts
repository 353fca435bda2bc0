import type { KernelArray } from "@surprisal/core/authoring";

/** A distance of two vectors and its derivatives. */
export interface Distance {
  /** Returns the distance of a and b, a number of at least 0. */
  value(a: KernelArray, b: KernelArray): number;
  /** Returns the derivatives of the distance with respect to a and with respect to b, two vectors. */
  gradient(a: KernelArray, b: KernelArray): readonly [ArrayLike<number>, ArrayLike<number>];
}

/** PyTorch adds it to each difference, so that the distance of equal vectors can be differentiated. */
export const epsilon = 1e-6;

/** The Euclidean distance: ‖a − b + 1e-6‖. */
export const pairwiseDistance: Distance = {
  value(a, b) {
    let largest = 0;
    for (let j = 0; j < a.length; j++) {
      const difference = Math.abs(a[j] - b[j] + epsilon);
      if (!(difference <= largest)) largest = difference;
    }
    // A sum of squares of such numbers neither overflows nor underflows.
    const unit = largest > 1e150 || largest < 1e-150 ? largest : 1;
    if (!(largest > 0 && largest < Number.POSITIVE_INFINITY)) return largest;
    let sum = 0;
    for (let j = 0; j < a.length; j++) {
      const difference = (a[j] - b[j] + epsilon) / unit;
      sum += difference * difference;
    }
    return unit * Math.sqrt(sum);
  },
  gradient(a, b) {
    const distance = this.value(a, b);
    const byA = Float64Array.from({ length: a.length }, (_, j) =>
      distance === 0 ? 0 : (a[j] - b[j] + epsilon) / distance,
    );
    return [byA, byA.map((derivative) => 0 - derivative)];
  },
};
