import type { FloatInput } from "@surprisal/core";
import { checkDefinition, checkElementDefinition } from "./checkDefinition.ts";
import type { ElementLossDefinition } from "./elementDefinition.ts";
import { makeElementLoss } from "./elementLoss.ts";
import { guardOptions } from "./guardOptions.ts";
import type { ElementSpecificOptions, Loss, WithSchemas } from "./loss.ts";
import type { LossOptions } from "./options.ts";

/**
 * Makes a loss of single elements from its formula, as `defineLoss` does for `kind: "element"`.
 *
 * A bundle that imports only `defineElementLoss` is smaller, because it leaves out the code for the
 * other kinds of losses.
 *
 * @param definition the kind, the name, the schemas of the loss's own options, and the formula.
 * @returns the loss, a function with the method `valueAndGrad`.
 * @throws TypeError if a part of the definition is missing, unknown or of the wrong kind.
 *
 * @example
 * ```ts
 * import { defineElementLoss } from "@surprisal/losses";
 *
 * // The pinball loss of the 0.9 quantile.
 * const pinball = defineElementLoss({
 *   kind: "element",
 *   name: "pinball",
 *   formula: () => ({
 *     loss: (x, t) => (t > x ? 0.9 * (t - x) : 0.1 * (x - t)),
 *     gradients: { input: (x, t) => (t > x ? -0.9 : 0.1) },
 *   }),
 * });
 *
 * pinball([1, 4], [3, 2]); // 1
 * pinball.valueAndGrad([1, 4], [3, 2]).grad; // [-0.45, 0.05]
 * ```
 *
 * Source: the counterpart of subclassing `torch.autograd.Function`.
 */
export function defineElementLoss<
  Options extends object = LossOptions,
  Rest extends readonly unknown[] = [target: FloatInput],
  ArrayOption extends string = never,
  Differentiated extends string = never,
>(
  definition: WithSchemas<
    ElementLossDefinition<ElementSpecificOptions<Options, ArrayOption>, ArrayOption>,
    ElementSpecificOptions<Options, ArrayOption>
  >,
): Loss<Rest, Options, "element", Differentiated> {
  checkDefinition(definition, "element");
  checkElementDefinition(definition);
  return makeElementLoss(guardOptions(definition), false);
}
