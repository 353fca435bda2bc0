import type { FloatInput } from "@surprisal/core";
import {
  boolean,
  formatValue,
  type KernelArray,
  numeric,
  type OptionSchema,
} from "@surprisal/core/authoring";
import type { Loss, LossOptions, RowBlock } from "../define/defineLoss.ts";
import { storeEuclidean, type TripletRows } from "../define/euclideanTriplet.ts";
import { rowLoss } from "../define/rowLoss.ts";
import { type Distance, epsilon, pairwiseDistance } from "./pairwiseDistance.ts";
import { storeTriplet } from "./storeTriplet.ts";

export type { Distance } from "./pairwiseDistance.ts";

/** Options of `tripletMarginWithDistanceLoss`. */
export interface TripletMarginWithDistanceLossOptions extends LossOptions {
  /**
   * The axis that the vectors run along; negative counts from the end.
   *
   * @defaultValue -1
   */
  axis?: number | undefined;
  /**
   * The distance of two vectors, with its derivatives: `{ value, gradient }`. `gradient(a, b)` returns the
   * two vectors ∂d/∂a and ∂d/∂b. Without it, d(a, b) = ‖a − b + 1e-6‖.
   */
  distance?: Distance | undefined;
  /**
   * How much farther the negative must be than the positive. A finite number above 0.
   *
   * @defaultValue 1
   */
  margin?: number | undefined;
  /**
   * Whether the distance of positive and negative replaces that of anchor and negative if it is smaller.
   *
   * @defaultValue false
   */
  swap?: boolean | undefined;
}

type Specific = Required<Omit<TripletMarginWithDistanceLossOptions, keyof LossOptions | "axis">>;

const distanceSchema: OptionSchema<Distance> = {
  otherNames: /^distancefunction$/,
  fallback: pairwiseDistance,
  parse(value, label) {
    const { value: evaluate, gradient } = (value ?? {}) as Partial<Distance>;
    if (typeof evaluate === "function" && typeof gradient === "function") return value as Distance;
    throw new TypeError(
      `${label} must be { value, gradient } with two functions of two vectors, got ${formatValue(value)}.`,
    );
  },
};

/**
 * Computes the triplet loss with a distance of your own: how much closer the negative is to the anchor
 * than the positive is, plus a margin.
 *
 * It trains embeddings in which an anchor is close to examples of its own kind (positives) and far from
 * others (negatives).
 *
 * ℓ = max(0, d(a, p) − d(a, n) + margin); its gradient is that of the distances if ℓ is not cut off
 *
 * With `swap`, d(a, n) is replaced by min(d(a, n), d(p, n)). At a tie, each of the two has half of the
 * gradient; at ℓ = 0 without a cut the gradient is not 0. Both are PyTorch's choices.
 *
 * @param anchor vectors of shape [D], [N, D], […, D], or any with `axis`.
 * @param positive vectors of the same shape.
 * @param negative vectors of the same shape.
 * @param options reduction, axis, distance, margin, swap, sampleWeight, out; in `valueAndGrad` also
 * gradOutput.
 * @returns the loss: a number, or with `reduction: "none"` one per triplet. `valueAndGrad` also returns
 * `grads`, the gradients of `anchor`, `positive` and `negative`.
 * @throws TypeError if an argument or option is of the wrong kind, an option is unknown, or the distance does not return a number and two vectors.
 * @throws RangeError if the shapes differ, or an option is out of range.
 *
 * @example
 * ```ts
 * import { type Distance, tripletMarginWithDistanceLoss } from "@surprisal/losses";
 *
 * tripletMarginWithDistanceLoss([0, 0], [3, 4], [0, 5.5]); // 0.4999…
 *
 * const manhattan: Distance = {
 *   value(a, b) {
 *     let sum = 0;
 *     for (let j = 0; j < a.length; j++) sum += Math.abs(a[j] - b[j]);
 *     return sum;
 *   },
 *   gradient: (a, b) => [a.map((x, j) => Math.sign(x - b[j])), a.map((x, j) => Math.sign(b[j] - x))],
 * };
 * tripletMarginWithDistanceLoss([0, 0], [3, 4], [0, 5.5], { distance: manhattan }); // 2.5
 * ```
 *
 * Source: `torch.nn.functional.triplet_margin_with_distance_loss`; Balntas et al., *Learning local feature
 * descriptors with triplets and shallow convolutional neural networks* (BMVC 2016).
 */
export const tripletMarginWithDistanceLoss: Loss<
  [positive: FloatInput, negative: FloatInput],
  TripletMarginWithDistanceLossOptions,
  "row",
  "anchor" | "positive" | "negative"
> = /* @__PURE__ */ rowLoss<
  TripletMarginWithDistanceLossOptions,
  [positive: FloatInput, negative: FloatInput],
  never,
  "anchor" | "positive" | "negative"
>({
  kind: "row",
  name: "tripletMarginWithDistanceLoss",
  arguments: { anchor: "vector", positive: "vector", negative: "vector" },
  differentiable: ["anchor", "positive", "negative"],
  options: {
    distance: distanceSchema,
    margin: numeric(1, "a finite number above 0", (margin) => margin > 0 && margin < Infinity),
    swap: boolean(false),
  },
  formula: (options) => ({
    block: (block, anchor, positive, negative) =>
      storeTriplets(options, block, [anchor, positive, negative]),
  }),
});

/** Computes the triplets of a block one by one. */
function storeTriplets(
  options: Specific,
  { rows, size, losses, gradients }: RowBlock,
  vectors: readonly KernelArray[],
): void {
  const { distance, margin, swap } = options;
  const euclidean = { margin, swap, eps: epsilon };
  const outputs = gradients && [gradients.anchor, gradients.positive, gradients.negative];
  const triplets = { size, vectors, outputs };
  for (let r = 0; r < rows; r++) {
    const start = r * size;
    losses[r] =
      (distance === pairwiseDistance ? storeEuclidean(triplets, start, euclidean) : undefined) ??
      storeWithDistance(options, triplets, start);
  }
}

/** Returns the loss of one triplet, and writes its derivatives, which are added in float64. */
function storeWithDistance(
  options: Specific,
  { size, vectors, outputs }: TripletRows,
  start: number,
): number {
  const [a, p, n] = vectors.map((array) => array.subarray(start, start + size));
  const derivatives = outputs?.map(() => new Float64Array(size));
  const loss = storeTriplet(options, a, p, n, derivatives);
  derivatives?.forEach((derivative, i) => {
    outputs?.[i]?.set(derivative, start);
  });
  return loss;
}
