import type { FloatInput } from "@surprisal/core";
import { boolean, type KernelArray, numeric } from "@surprisal/core/authoring";
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import { storeEuclidean, type TripletRows } from "../define/euclideanTriplet.ts";
import { rowLoss } from "../define/rowLoss.ts";

/** Options of `tripletMarginLoss`. */
export interface TripletMarginLossOptions extends LossOptions {
  /**
   * The axis of the vectors; negative counts from the end.
   *
   * @defaultValue -1
   */
  axis?: number | undefined;
  /**
   * How much farther the negative should be. A finite number above 0.
   *
   * @defaultValue 1
   */
  margin?: number | undefined;
  /**
   * The norm: 2 for lengths, 1 for the sum of the absolute differences, Infinity for the largest. A
   * number of at least 0.
   *
   * @defaultValue 2
   */
  p?: number | undefined;
  /**
   * The number that is added to each difference, so that a distance of 0 has a derivative, finite and at
   * least 0.
   *
   * @defaultValue 1e-6
   */
  eps?: number | undefined;
  /**
   * Whether the distance of positive and negative replaces that of anchor and negative if it is smaller.
   *
   * @defaultValue false
   */
  swap?: boolean | undefined;
}

/**
 * Computes the triplet loss: the anchor should be closer to the positive than to the negative by at least a margin.
 *
 * The distance is a p-norm. For another distance, use tripletMarginWithDistanceLoss.
 *
 * ℓ = max(0, d(a, p) − d(a, n) + margin), with d(x, y) = ‖x − y + eps‖ₚ; with swap, d(a, n) is replaced
 * by min(d(a, n), d(p, n))
 *
 * @param anchor vectors of shape [D], [N, D] or […, D].
 * @param positive vectors of the same size, whose other axes broadcast with the anchor's.
 * @param negative vectors of the same size, whose other axes broadcast with the anchor's.
 * @param options reduction, axis, sampleWeight, margin, p, eps, swap, out; in `valueAndGrad` also
 * gradOutput, differentiate.
 * @returns the loss: a number, or with `reduction: "none"` one per vector.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if shapes do not fit, or an option is out of range.
 *
 * @example
 * ```ts
 * import { tripletMarginLoss } from "@surprisal/losses";
 *
 * tripletMarginLoss([0, 0], [1, 0], [0, 1.5]); // 0.500…
 * tripletMarginLoss([0, 0], [1, 0], [0, 1.5], { p: 1, margin: 2 }); // 1.5
 * tripletMarginLoss.valueAndGrad([0, 0], [1, 0], [0, 1.5]).grad; // [-1.000…, 1.000…]
 * ```
 *
 * Source: `torch.nn.functional.triplet_margin_loss`; Balntas, Riba, Ponsa & Mikolajczyk, "Learning
 * local feature descriptors with triplets and shallow convolutional neural networks" (BMVC 2016), for
 * swap.
 */
export const tripletMarginLoss: Loss<
  [positive: FloatInput, negative: FloatInput],
  TripletMarginLossOptions,
  "row",
  "anchor" | "positive" | "negative"
> = /* @__PURE__ */ rowLoss<
  TripletMarginLossOptions,
  [positive: FloatInput, negative: FloatInput],
  never,
  "anchor" | "positive" | "negative"
>({
  kind: "row",
  name: "tripletMarginLoss",
  arguments: { anchor: "vector", positive: "vector", negative: "vector" },
  differentiable: ["anchor", "positive", "negative"],
  options: {
    margin: numeric(1, "a finite number above 0", (margin) => margin > 0 && margin < Infinity),
    p: numeric(2, "a number of at least 0", (p) => p >= 0),
    eps: {
      ...numeric(1e-6, "a finite number of at least 0", (eps) => eps >= 0 && eps < Infinity),
      otherNames: /^epsilon$/,
    },
    swap: boolean(false),
  },
  neverThrows: true,
  formula: (options) => ({
    block({ rows, size, losses, gradients }, ...vectors) {
      const outputs = gradients && [gradients.anchor, gradients.positive, gradients.negative];
      const triplets = { size, vectors, outputs };
      for (let r = 0; r < rows; r++) {
        const start = r * size;
        const fast = options.p === 2 ? storeEuclidean(triplets, start, options) : undefined;
        losses[r] = fast ?? storeTriplet(options, triplets, start);
      }
    },
  }),
});

interface Parsed {
  readonly margin: number;
  readonly p: number;
  readonly eps: number;
  readonly swap: boolean;
}

/** Returns the loss of one triplet, and adds its derivatives. */
function storeTriplet(
  { margin, p, eps, swap }: Parsed,
  { size, vectors: [anchor, positive, negative], outputs }: TripletRows,
  start: number,
): number {
  const near = distance(anchor, positive, start, size, p, eps);
  const far = distance(anchor, negative, start, size, p, eps);
  const other = swap ? distance(positive, negative, start, size, p, eps) : Number.POSITIVE_INFINITY;
  const loss = near - Math.min(far, other) + margin;
  if (outputs === undefined || loss < 0) return Math.max(0, loss);
  const [a, b, c] = outputs;
  // At a tie, each of the two distances has half of the gradient; with a NaN, both have it, so that it spreads.
  const share = !swap || far < other ? 1 : other < far ? 0 : 0.5;
  addSlopes(anchor, positive, a, b, start, size, p, eps, near, 1);
  if (share > 0) addSlopes(anchor, negative, a, c, start, size, p, eps, far, -share);
  if (share < 1) addSlopes(positive, negative, b, c, start, size, p, eps, other, share - 1);
  return loss;
}

/** Sums of powers outside these limits may have overflowed or lost digits. */
const minSum = 1e-280;
const maxSum = 1e300;

/** Returns the p-norm of x − y + eps. */
function distance(
  x: KernelArray,
  y: KernelArray,
  start: number,
  size: number,
  p: number,
  eps: number,
): number {
  if (p === Number.POSITIVE_INFINITY) return largestDifference(x, y, start, size, eps);
  const sum = sumOfPowers(x, y, start, size, p, eps);
  if (p === 0 || p === 1) return sum;
  if (sum > minSum && sum < maxSum) return root(sum, p);
  const unit = largestDifference(x, y, start, size, eps);
  if (!(unit > 0 && unit < Number.POSITIVE_INFINITY)) return unit;
  let scaledSum = 0;
  for (let k = start; k < start + size; k++) {
    scaledSum += Math.abs((x[k] - y[k] + eps) / unit) ** p;
  }
  return unit * root(scaledSum, p);
}

/** Returns the sum of |x − y + eps|ᵖ. */
function sumOfPowers(
  x: KernelArray,
  y: KernelArray,
  start: number,
  size: number,
  p: number,
  eps: number,
): number {
  let sum = 0;
  const end = start + size;
  for (let k = start; k < end; k++) {
    const difference = Math.abs(x[k] - y[k] + eps);
    if (p === 1) sum += difference;
    else sum += difference === 0 ? 0 : difference ** p;
  }
  return sum;
}

function root(sum: number, p: number): number {
  return p === 2 ? Math.sqrt(sum) : sum ** (1 / p);
}

/** Returns the largest magnitude of x − y + eps; NaN if one is NaN. */
function largestDifference(
  x: KernelArray,
  y: KernelArray,
  start: number,
  size: number,
  eps: number,
): number {
  let largest = 0;
  for (let k = start; k < start + size; k++) {
    largest = Math.max(largest, Math.abs(x[k] - y[k] + eps));
  }
  return largest;
}

/** Adds scale times the derivatives of a distance by the elements of x and y. */
function addSlopes(
  x: KernelArray,
  y: KernelArray,
  gradX: KernelArray | undefined,
  gradY: KernelArray | undefined,
  start: number,
  size: number,
  p: number,
  eps: number,
  d: number,
  scale: number,
): void {
  if (p === 0 || d === 0) return;
  const end = start + size;
  // Equal largest elements share the derivative of the largest difference.
  let largest = 0;
  if (p === Number.POSITIVE_INFINITY) {
    for (let k = start; k < end; k++) if (Math.abs(x[k] - y[k] + eps) === d) largest++;
  }
  for (let k = start; k < end; k++) {
    const difference = x[k] - y[k] + eps;
    let slope = difference / d;
    if (p === Number.POSITIVE_INFINITY) {
      slope = Math.abs(difference) === d ? Math.sign(difference) / largest : 0;
    } else if (p !== 2 && difference !== 0) {
      slope = Math.sign(difference) * Math.abs(slope) ** (p - 1);
    }
    if (gradX) gradX[k] += scale * slope;
    if (gradY) gradY[k] -= scale * slope;
  }
}
