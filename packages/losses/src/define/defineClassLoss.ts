import { checkDefinition } from "./checkDefinition.ts";
import type { ClassLossDefinition } from "./classDefinition.ts";
import { classLoss } from "./classLoss.ts";
import { guardOptions } from "./guardOptions.ts";
import type { ClassSpecificOptions, Loss, WithSchemas } from "./loss.ts";
import type { ClassLossOptions } from "./options.ts";
import type { ClassTarget } from "./target.ts";

/**
 * Makes a class loss from its formula, as `defineLoss` does for `kind: "class"`.
 *
 * A bundle that imports only `defineClassLoss` is smaller, because it leaves out the code for element
 * losses and row losses.
 *
 * @param definition the kind, the name, the schemas of the loss's own options, and the formula.
 * @returns the loss, a function with the method `valueAndGrad`.
 *
 * @example
 * ```ts
 * import { argmax } from "@surprisal/core/authoring";
 * import { defineClassLoss } from "@surprisal/losses";
 *
 * // The perceptron loss: how far the largest score is above the target's.
 * const perceptron = defineClassLoss({
 *   kind: "class",
 *   name: "perceptron",
 *   formula: () => (x, coefficients, gradient) => {
 *     const largest = argmax(x);
 *     let loss = 0;
 *     coefficients.forEach((c, t) => {
 *       if (c === 0) return;
 *       loss += c * (x[largest] - x[t]);
 *       if (gradient === undefined) return;
 *       gradient[largest] += c;
 *       gradient[t] -= c;
 *     });
 *     return loss;
 *   },
 * });
 *
 * perceptron([2, 5, 1], 0); // 3
 * perceptron.valueAndGrad([2, 5, 1], 0).grad; // [-1, 1, 0]
 * ```
 *
 * Source: the counterpart of subclassing `torch.autograd.Function`.
 */
export function defineClassLoss<Options extends ClassLossOptions = ClassLossOptions>(
  definition: WithSchemas<
    ClassLossDefinition<ClassSpecificOptions<Options>>,
    ClassSpecificOptions<Options>
  >,
): Loss<[target: ClassTarget], Options> {
  checkDefinition(definition, "class");
  return classLoss(guardOptions(definition));
}
