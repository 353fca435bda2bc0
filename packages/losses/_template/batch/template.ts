import type { FloatInput } from "@surprisal/core";
import {
  formatShape,
  type KernelArray,
  numeric,
  sameShape,
  sumOf,
} from "@surprisal/core/authoring";
import { batchLoss } from "../../src/define/batchLoss.ts";
import type { Loss, LossOptions } from "../../src/define/defineLoss.ts";

/** Options of `templateLoss`. */
export interface TemplateLossOptions extends LossOptions {
  // TODO: the options of this loss, each with its meaning, its range and its default.
  /**
   * Multiplies the loss. A finite number above 0.
   *
   * @defaultValue 1
   */
  scale?: number | undefined;
}

// TODO: one line on what the loss measures, then when to use it, the formula, shapes and source.
/**
 * How far two arrays are from being correlated: 1 minus their correlation coefficient.
 *
 * It is 0 where the target is a rising straight line of the input, 1 where the two have nothing in common,
 * and 2 where the line falls. Neither shift nor scale of the input matters.
 *
 * ℓ = scale · (1 − r), r = Σ uᵢ vᵢ, where u and v are x and t less their means, divided by their norms;
 * ∂ℓ/∂xᵢ = scale · (r uᵢ − vᵢ) / ‖x − mean(x)‖, and ∂ℓ/∂t alike
 *
 * @param input predictions of any shape.
 * @param target numbers of the input's shape.
 * @param options reduction, scale, out; in `valueAndGrad` also gradOutput, differentiate.
 * @returns the loss of the whole array, a number. It is NaN where all elements of an array are equal.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if the shapes differ, or an option is out of range.
 *
 * @example
 * ```ts
 * import { templateLoss } from "@surprisal/losses";
 *
 * templateLoss([1, 2, 3], [10, 20, 30]); // 0
 * templateLoss([1, -1, 1, -1], [1, 1, -1, -1]); // 1
 * templateLoss.valueAndGrad([1, -1, 1, -1], [1, 1, -1, -1]).grad; // [-0.25, -0.25, 0.25, 0.25]
 * ```
 *
 * Source: the correlation coefficient of Pearson; `torch.corrcoef`.
 */
export const templateLoss: Loss<
  [target: FloatInput],
  TemplateLossOptions,
  "batch",
  "input" | "target"
> = /* @__PURE__ */ batchLoss<TemplateLossOptions, [target: FloatInput], "input" | "target">({
  kind: "batch",
  name: "templateLoss",
  arguments: ["input", "target"],
  differentiable: ["input", "target"],
  options: { scale: numeric(1, "a finite number above 0", isPositive) },
  neverThrows: true,
  formula: ({ scale }) => ({
    lossShape({ functionName, arguments: { input, target } }) {
      if (sameShape(input.shape, target.shape)) return [];
      throw new RangeError(
        `${functionName}: target must have the input's shape ${formatShape(input.shape)}, got ${formatShape(target.shape)}.`,
      );
    },
    prepare: ({ arguments: { input, target } }) => ({
      evaluate({ losses, gradients, lossScale }) {
        const [u, v] = [normalized(input.data), normalized(target.data)];
        // Half the squared distance is 1 − r, without the digits that cancel where r is almost 1.
        const distance = 0.5 * sumOf(u.values.map((x, i) => (x - v.values[i]) ** 2));
        losses[0] = scale * distance;
        // The gradient of an argument is undefined if it is not asked for.
        const factor = scale * lossScale[0];
        if (gradients?.input) differentiate(u, v.values, distance, factor, gradients.input);
        if (gradients?.target) differentiate(v, u.values, distance, factor, gradients.target);
      },
    }),
  }),
});

/** Differences from the mean, divided by their norm. */
interface Normalized {
  readonly values: Float64Array;
  readonly norm: number;
}

function normalized(numbers: ArrayLike<number>): Normalized {
  const values = Float64Array.from(numbers);
  const mean = sumOf(values) / values.length;
  const differences = values.map((value) => value - mean);
  const norm = Math.sqrt(sumOf(differences.map((value) => value * value)));
  return { values: differences.map((value) => value / norm), norm };
}

/** Writes the gradient of an array, given the values of the other. */
function differentiate(
  { values, norm }: Normalized,
  others: Float64Array,
  distance: number,
  factor: number,
  gradient: KernelArray,
): void {
  for (let i = 0; i < values.length; i++) {
    // A loss that does not count has the gradient 0, whatever the array holds.
    const slope = (values[i] - others[i] - distance * values[i]) / norm;
    gradient[i] = factor === 0 ? 0 : factor * slope;
  }
}

function isPositive(scale: number): boolean {
  return scale > 0 && scale < Number.POSITIVE_INFINITY;
}
