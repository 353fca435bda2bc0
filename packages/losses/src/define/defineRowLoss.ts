import type { FloatInput } from "@surprisal/core";
import type { RowContents } from "./broadcastTypes.ts";
import { checkDefinition, checkRowDefinition } from "./checkDefinition.ts";
import { guardOptions } from "./guardOptions.ts";
import type { Loss, RowSpecificOptions, WithSchemas } from "./loss.ts";
import type { LossOptions } from "./options.ts";
import { makeRowLoss, type RowLossDefinition } from "./rowLoss.ts";

/**
 * Makes a loss of the vectors along an axis from its formula, as `defineLoss` does for `kind: "row"`.
 *
 * A bundle that imports only `defineRowLoss` is smaller, because it leaves out the code for the other
 * kinds of losses.
 *
 * @param definition the kind, the name, the arguments, the schemas of the loss's own options, and the
 * formula.
 * @returns the loss, a function with the method `valueAndGrad`.
 * @throws TypeError if a part of the definition is missing, unknown or of the wrong kind.
 *
 * @example
 * ```ts
 * import { defineRowLoss } from "@surprisal/losses";
 *
 * // The negative dot product of two vectors.
 * const opposition = defineRowLoss({
 *   kind: "row",
 *   name: "opposition",
 *   arguments: { input: "vector", target: "vector" },
 *   differentiable: ["input"],
 *   formula:
 *     () =>
 *     ([x, t], gradients) => {
 *       gradients?.[0].set(t.map((value) => -value));
 *       return x.reduce((sum, value, j) => sum - value * t[j], 0);
 *     },
 * });
 *
 * opposition([[1, 2], [3, 4]], [0, 1]); // -3
 * opposition.valueAndGrad([1, 2], [0, 1]).grad; // [0, -1]
 * ```
 *
 * Source: the counterpart of subclassing `torch.autograd.Function`.
 */
export function defineRowLoss<
  Options extends object = LossOptions,
  Rest extends readonly unknown[] = [target: FloatInput],
  ArrayOption extends string = never,
  Differentiated extends string = never,
  P extends "row" | RowContents = "row",
>(
  definition: WithSchemas<
    RowLossDefinition<RowSpecificOptions<Options, ArrayOption>, ArrayOption, P>,
    RowSpecificOptions<Options, ArrayOption>
  >,
): Loss<Rest, Options, P, Differentiated> {
  checkDefinition(definition, "row");
  checkRowDefinition(definition);
  return makeRowLoss(guardOptions(definition), false);
}
