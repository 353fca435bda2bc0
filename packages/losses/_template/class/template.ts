import { softmax } from "@surprisal/core";
import { argmax, numeric } from "@surprisal/core/authoring";
import { classLoss } from "../../src/define/classLoss.ts";
import type { ClassLossOptions, ClassTarget, Loss } from "../../src/define/defineLoss.ts";

/** Options of `templateLoss`. */
export interface TemplateLossOptions extends ClassLossOptions {
  // TODO: the options of this loss, each with its meaning, its range and its default.
  /**
   * Multiplies each loss. A finite number above 0.
   *
   * @defaultValue 1
   */
  scale?: number | undefined;
}

// TODO: one line on what the loss measures, then when to use it, the formula, shapes and source.
/**
 * The probability that the logits give to all classes but the target.
 *
 * It is at most 1, so that rows with a wrong label count little: unlike cross-entropy, it is robust to
 * noise in the labels.
 *
 * ℓ = scale · (1 − pₜ), p = softmax(x); ∂ℓ/∂xⱼ = scale · pₜ (pⱼ − [j = t])
 *
 * @param input logits: [C], [N, C] or any shape whose `axis` holds the classes.
 * @param target class indices in the input's shape without the class axis, or class probabilities in the
 * input's shape.
 * @param options reduction, axis, weight, ignoreIndex, labelSmoothing, scale and so on; in `valueAndGrad`
 * also gradOutput.
 * @returns the loss: a number, or with `reduction: "none"` one per row.
 * @throws TypeError if an argument or option is of the wrong kind, or an option is unknown.
 * @throws RangeError if a shape, a target or an option is out of range.
 *
 * @example
 * ```ts
 * import { templateLoss } from "@surprisal/losses";
 *
 * templateLoss([2, 1, 0], 0); // 0.33475…
 * templateLoss([[2, 1, 0], [0, 0, 0]], [0, 1], { reduction: "none", scale: 3 }); // [1.00427…, 2]
 * templateLoss.valueAndGrad([0, 0], 0).grad; // [-0.25, 0.25]
 * ```
 *
 * Source: the mean absolute error of Ghosh, Kumar and Sastry, *Robust Loss Functions under Label Noise for
 * Deep Neural Networks*, arXiv 1712.09482, halved.
 */
export const templateLoss: Loss<[target: ClassTarget], TemplateLossOptions> =
  /* @__PURE__ */ classLoss<TemplateLossOptions>({
    kind: "class",
    name: "templateLoss",
    options: { scale: numeric(1, "a finite number above 0", isPositive) },
    formula:
      ({ scale }) =>
      (x, coefficients, gradient) => {
        const p = softmax(x);
        const top = argmax(p);
        let loss = 0;
        // Σ cₜ pₜ − c of the most probable class: that class, where digits would cancel, adds nothing.
        let share = 0;
        for (let t = 0; t < p.length; t++) {
          if (coefficients[t] !== 0) loss += scale * coefficients[t] * restOf(p, t);
          share += (coefficients[t] - coefficients[top]) * p[t];
        }
        if (gradient === undefined) return loss;
        for (let j = 0; j < p.length; j++) {
          gradient[j] = scale * p[j] * (share + (coefficients[top] - coefficients[j]));
        }
        return loss;
      },
  });

/** Returns 1 − pₜ: where it would lose digits, as the sum of the other probabilities. */
function restOf(p: Float64Array, t: number): number {
  if (p[t] < 0.5) return 1 - p[t];
  let rest = 0;
  for (let j = 0; j < p.length; j++) if (j !== t) rest += p[j];
  return rest;
}

function isPositive(scale: number): boolean {
  return scale > 0 && scale < Number.POSITIVE_INFINITY;
}
