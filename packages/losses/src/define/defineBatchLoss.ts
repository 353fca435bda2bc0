import { type BatchLossDefinition, batchLoss } from "./batchLoss.ts";
import { checkBatchArguments } from "./checkBatchDefinition.ts";
import { checkDefinition } from "./checkDefinition.ts";
import { guardOptions } from "./guardOptions.ts";
import type { BatchSpecificOptions, Loss, WithSchemas } from "./loss.ts";

/**
 * Makes a loss of whole tensors from its formula, as `defineLoss` does for `kind: "batch"`.
 *
 * The arguments may have any shapes. The formula checks them, returns the shape of the losses, and computes
 * all losses and gradients in one call. A bundle that imports only `defineBatchLoss` leaves out the code
 * for other kinds of losses.
 *
 * @param definition the kind, the name, the arguments, the schemas of the loss's own options, and the
 * formula.
 * @returns the loss, a function with the method `valueAndGrad`.
 * @throws TypeError if a part of the definition is missing, unknown or of the wrong type.
 *
 * @example
 * ```ts
 * import { defineBatchLoss } from "@surprisal/losses";
 *
 * // The squared error of the sum of all elements.
 * const sumError = defineBatchLoss<object, [total: number]>({
 *   kind: "batch",
 *   name: "sumError",
 *   arguments: ["input", "total"],
 *   differentiable: ["input"],
 *   formula: () => ({
 *     lossShape: () => [],
 *     prepare: ({ arguments: { input, total } }) => ({
 *       evaluate({ losses, gradients, lossScale }) {
 *         let error = -total.data[0];
 *         for (let i = 0; i < input.data.length; i++) error += input.data[i];
 *         losses[0] = error * error;
 *         gradients?.input?.fill(2 * error * lossScale[0]);
 *       },
 *     }),
 *   }),
 * });
 *
 * sumError([1, 2, 3], 4); // 4
 * sumError.valueAndGrad([1, 2, 3], 4).grad; // [4, 4, 4]
 * ```
 *
 * Source: the counterpart of subclassing `torch.autograd.Function`.
 */
export function defineBatchLoss<
  Options extends object,
  Rest extends readonly unknown[],
  Differentiated extends string = never,
>(
  definition: WithSchemas<
    BatchLossDefinition<BatchSpecificOptions<Options>>,
    BatchSpecificOptions<Options>
  >,
): Loss<Rest, Options, "batch", Differentiated> {
  checkDefinition(definition, "batch");
  checkBatchArguments(definition);
  return batchLoss(guardOptions(definition));
}
