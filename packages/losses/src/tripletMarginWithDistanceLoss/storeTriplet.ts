import { formatValue, type KernelArray } from "@surprisal/core/authoring";
import { checkReturned } from "../define/checkReturned.ts";
import type { Distance } from "./pairwiseDistance.ts";

/** The parsed options of the loss. */
interface TripletOptions {
  readonly distance: Distance;
  readonly margin: number;
  readonly swap: boolean;
}

const name = "tripletMarginWithDistanceLoss";

/** Returns the loss of one triplet, and adds its derivatives to those of anchor, positive and negative. */
export function storeTriplet(
  { distance, margin, swap }: TripletOptions,
  anchor: KernelArray,
  positive: KernelArray,
  negative: KernelArray,
  derivatives: readonly Float64Array[] | undefined,
): number {
  const measure = (x: KernelArray, y: KernelArray) =>
    checkReturned(`${name}: distance.value`, distance.value(x, y));
  const toPositive = measure(anchor, positive);
  const toNegative = measure(anchor, negative);
  const swapped = swap ? measure(positive, negative) : Number.POSITIVE_INFINITY;
  const difference = toPositive - Math.min(toNegative, swapped) + margin;
  if (difference < 0) return 0;
  if (derivatives !== undefined) {
    const [a, p, n] = derivatives;
    // At a tie, each of the two distances has half of the gradient; with a NaN, both have it, so that it spreads.
    const shareOfSwapped = !swap || toNegative < swapped ? 0 : swapped < toNegative ? 1 : 0.5;
    addGradient(distance, 1, anchor, positive, a, p);
    addGradient(distance, shareOfSwapped - 1, anchor, negative, a, n);
    if (swap) addGradient(distance, -shareOfSwapped, positive, negative, p, n);
  }
  return difference;
}

/** Adds the derivatives of one distance, times a factor. */
function addGradient(
  distance: Distance,
  factor: number,
  x: KernelArray,
  y: KernelArray,
  gradientX: Float64Array,
  gradientY: Float64Array,
): void {
  if (factor === 0) return;
  const [byX, byY] = checkGradient(distance.gradient(x, y), x.length);
  for (let j = 0; j < x.length; j++) {
    gradientX[j] += factor * byX[j];
    gradientY[j] += factor * byY[j];
  }
}

/** Returns the two vectors that an author's gradient has returned; throws if it has not. */
function checkGradient(returned: unknown, length: number): readonly ArrayLike<number>[] {
  const vectors = Array.isArray(returned) ? returned : [];
  if (vectors.length === 2 && vectors.every((vector) => vector?.length === length)) return vectors;
  throw new TypeError(
    `${name}: distance.gradient must return two vectors of ${length} numbers, but returned ${formatValue(returned)}.`,
  );
}
