import type { FloatInput } from "@surprisal/core";
import { formatShape, type KernelArray, numeric } from "@surprisal/core/authoring";
import type { Loss, LossOptions } from "../define/defineLoss.ts";
import { rowLoss } from "../define/rowLoss.ts";

/** Options of `cosineEmbeddingLoss`. */
export interface CosineEmbeddingLossOptions extends LossOptions {
  /**
   * The axis of the vectors; negative counts from the end.
   *
   * @defaultValue -1
   */
  axis?: number | undefined;
  /**
   * The cosine that pairs with label −1 may have without a loss. A number from −1 to 1.
   *
   * @defaultValue 0
   */
  margin?: number | undefined;
}

/**
 * Computes a loss of the angle between two vectors: similar pairs should point the same way, and other
 * pairs should not.
 *
 * The label 1 marks a pair that belongs together: its loss is 1 minus the cosine. The label −1 marks a pair
 * that does not: its loss is the excess of the cosine over the margin. The lengths of the vectors do not
 * matter.
 *
 * ℓ = 1 − cos(x₁, x₂) where t = 1, max(0, cos(x₁, x₂) − margin) where t = −1; cos(x₁, x₂) = x₁ · x₂ /
 * √((|x₁|² + 1e−12) (|x₂|² + 1e−12))
 *
 * @param input1 vectors of shape [D], [N, D] or […, D].
 * @param input2 vectors of the same size, whose other axes broadcast with input1's.
 * @param target 1 or −1 for each pair: the shape of input1 without the axis of the vectors. It has at most as many axes
 * as the pairs.
 * @param options reduction, axis, sampleWeight, margin, out; in `valueAndGrad` also gradOutput,
 * differentiate.
 * @returns the loss: a number, or with `reduction: "none"` one per vector.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if shapes do not fit, or an option is out of range.
 *
 * @example
 * ```ts
 * import { cosineEmbeddingLoss } from "@surprisal/losses";
 *
 * cosineEmbeddingLoss([[1, 0], [1, 1]], [[1, 1], [1, 0]], [1, -1]); // 0.5
 * cosineEmbeddingLoss([1, 0], [1, 1], -1, { margin: 0.5 }); // 0.207…
 * cosineEmbeddingLoss.valueAndGrad([1, 0], [1, 2], 1).grad[1]; // -0.894…
 * ```
 *
 * Source: `torch.nn.functional.cosine_embedding_loss`.
 */
export const cosineEmbeddingLoss: Loss<
  [input2: FloatInput, target: FloatInput],
  CosineEmbeddingLossOptions,
  ["vector", "value"],
  "input1" | "input2"
> = /* @__PURE__ */ rowLoss<
  CosineEmbeddingLossOptions,
  [input2: FloatInput, target: FloatInput],
  never,
  "input1" | "input2",
  ["vector", "value"]
>({
  kind: "row",
  name: "cosineEmbeddingLoss",
  arguments: { input1: "vector", input2: "vector", target: "value" },
  differentiable: ["input1", "input2"],
  options: {
    margin: numeric(0, "a number from −1 to 1", (margin) => margin >= -1 && margin <= 1),
  },
  neverThrows: true,
  formula({ margin }, { functionName, shapes, batchShape }) {
    checkTarget(functionName, shapes.target, batchShape);
    return {
      block({ rows, size, losses, gradients }, input1, input2, target) {
        const { input1: grad1, input2: grad2 } = gradients ?? {};
        for (let r = 0; r < rows; r++) {
          const start = r * size;
          const end = start + size;
          let [product, square1, square2] = [0, epsilon, epsilon];
          for (let k = start; k < end; k++) {
            const x = input1[k];
            const y = input2[k];
            product += x * y;
            square1 += x * x;
            square2 += y * y;
          }
          const lengths = Math.sqrt(square1) * Math.sqrt(square2);
          let cosine = product / lengths;
          let distance = 1 - cosine;
          const excess = cosine - margin;
          const isSimilar = target[r] === 1;
          const isOther = target[r] === -1;
          if (isSimilar && distance < nearlyParallel) {
            distance = smallDistance(input1, input2, start, size, square1, square2);
            cosine = 1 - distance;
          }
          losses[r] = isSimilar ? distance : isOther ? Math.max(0, excess) : 0;
          // An excess of NaN has a gradient of NaN.
          const slope = isSimilar ? -1 : isOther && !(excess < 0) ? 1 : 0;
          if (grad1 === undefined || slope === 0) continue;
          const byLengths = slope / lengths;
          const bySquare1 = (slope * cosine) / square1;
          const bySquare2 = (slope * cosine) / square2;
          for (let k = start; k < end; k++) {
            grad1[k] = input2[k] * byLengths - input1[k] * bySquare1;
          }
          for (let k = start; grad2 && k < end; k++) {
            grad2[k] = input1[k] * byLengths - input2[k] * bySquare2;
          }
        }
      },
    };
  },
});

/** Below this, the difference 1 − cosine has lost more than ten bits. */
const nearlyParallel = 2 ** -10;

/**
 * Returns 1 − cosine of two vectors that are nearly parallel. It is half of the squared distance of the vectors divided by
 * their lengths, plus what the epsilon in the lengths leaves. All terms are at least 0, so they do not cancel.
 *
 * @param squareX the square of the length of x, with the epsilon.
 * @param squareY the square of the length of y, with the epsilon.
 */
function smallDistance(
  x: KernelArray,
  y: KernelArray,
  start: number,
  size: number,
  squareX: number,
  squareY: number,
): number {
  const scaleX = 1 / Math.sqrt(squareX);
  const scaleY = 1 / Math.sqrt(squareY);
  let sum = epsilon / squareX + epsilon / squareY;
  for (let k = start; k < start + size; k++) sum += (x[k] * scaleX - y[k] * scaleY) ** 2;
  return sum / 2;
}

/** Throws if the target has more axes than the pairs. */
function checkTarget(
  functionName: string,
  target: readonly number[],
  pairs: readonly number[],
): void {
  if (target.length <= pairs.length) return;
  throw new RangeError(
    `${functionName}: target must have at most as many axes as the pairs, whose shape is ${formatShape(pairs)}, got ${formatShape(target)}.`,
  );
}

/** PyTorch adds it (a float32) to the squares of the lengths, so that a vector of zeros has the cosine 0. */
const epsilon = /* @__PURE__ */ Math.fround(1e-12);
