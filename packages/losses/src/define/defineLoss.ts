import type { FloatInput } from "@surprisal/core";
import type { BatchLossDefinition } from "./batchLoss.ts";
import type { RowContents } from "./broadcastTypes.ts";
import { checkDefinition } from "./checkDefinition.ts";
import type { ClassLossDefinition } from "./classDefinition.ts";
import type { ElementLossDefinition } from "./elementDefinition.ts";
import type {
  BatchSpecificOptions,
  ClassSpecificOptions,
  ElementSpecificOptions,
  Loss,
  RowSpecificOptions,
  WithSchemas,
} from "./loss.ts";
import type { ClassLossOptions, LossOptions } from "./options.ts";
import type { RowLossDefinition } from "./rowLoss.ts";
import type { ClassTarget } from "./target.ts";

export type { NestedWeights, SampleWeight } from "@surprisal/core/authoring";
export type {
  BatchArguments,
  BatchCall,
  BatchEvaluation,
  BatchFormula,
  BatchLossDefinition,
  BatchResults,
} from "./batchLoss.ts";
export type { ClassFormula, ClassIndexKernel, ClassLossDefinition } from "./classDefinition.ts";
export { type CrossEntropyFunction, composeCrossEntropy } from "./composeCrossEntropy.ts";

import { defineBatchLoss } from "./defineBatchLoss.ts";

export { defineBatchLoss } from "./defineBatchLoss.ts";

import { defineClassLoss } from "./defineClassLoss.ts";

export { defineClassLoss } from "./defineClassLoss.ts";

import { defineElementLoss } from "./defineElementLoss.ts";

export { defineElementLoss } from "./defineElementLoss.ts";

import { defineRowLoss } from "./defineRowLoss.ts";

export type { RowContents } from "./broadcastTypes.ts";
export { defineRowLoss } from "./defineRowLoss.ts";
export type { ValueCheck } from "./elementArguments.ts";
export type { ElementLossDefinition } from "./elementDefinition.ts";
export type {
  ElementBlock,
  ElementBlockFormula,
  ElementFormula,
  ElementFunction,
} from "./elementFormula.ts";
export type { Gradient, Gradients, InputGradient, ValueAndGrad } from "./gradientTypes.ts";
export type {
  BatchSpecificOptions,
  ClassSpecificOptions,
  ElementSpecificOptions,
  Loss,
  Losses,
  LossSpecificOptions,
  RowSpecificOptions,
  WithSchemas,
} from "./loss.ts";
export type { LossDefinition } from "./makeLoss.ts";
export type {
  ClassLossOptions,
  GradientOptions,
  LossOptions,
  MeanWeightOptions,
} from "./options.ts";
export type { RowBlock, RowBlockFormula, RowFormula } from "./rowFormula.ts";
export type { RowCall, RowLossDefinition } from "./rowLoss.ts";
export type { SingleRowGradient, SingleRowLoss } from "./singleRow.ts";
export type { ClassTarget } from "./target.ts";

/**
 * Makes a loss from its formula.
 *
 * The definition gives the formula and its derivative: for one row of classes (`kind: "class"`), for
 * elements of each argument (`"element"`), for vectors of each argument (`"row"`), or for whole tensors
 * (`"batch"`). A formula of one element or one vector is called for each element or vector, in float64. A
 * formula of blocks has its own loop and is 10 to 30 times as fast: see `ElementBlockFormula` and
 * `RowBlockFormula`. The loss made from it also handles containers, shapes and axes, targets, class
 * weights, ignored rows, label smoothing, reductions, the upstream gradient, `out`, and errors.
 *
 * @param definition the kind, the name, the schemas of the loss's own options, and the formula.
 * @returns the loss, a function with the method `valueAndGrad`.
 *
 * @example
 * ```ts
 * import { numeric } from "@surprisal/core/authoring";
 * import { defineLoss, type LossOptions } from "@surprisal/losses";
 *
 * interface HuberOptions extends LossOptions {
 *   delta?: number;
 * }
 *
 * const huber = defineLoss<HuberOptions>({
 *   kind: "element",
 *   name: "huber",
 *   options: { delta: numeric(1, "a number above 0", (delta) => delta > 0) },
 *   formula: ({ delta }) => ({
 *     loss(x, t) {
 *       const d = Math.abs(x - t);
 *       return d < delta ? 0.5 * d * d : delta * (d - 0.5 * delta);
 *     },
 *     gradients: { input: (x, t) => Math.max(-delta, Math.min(delta, x - t)) },
 *   }),
 * });
 *
 * huber([0, 3], [0.5, 0]); // 1.3125
 * ```
 *
 * Source: the counterpart of subclassing `torch.autograd.Function`.
 */
export function defineLoss<Options extends ClassLossOptions = ClassLossOptions>(
  definition: WithSchemas<
    ClassLossDefinition<ClassSpecificOptions<Options>>,
    ClassSpecificOptions<Options>
  >,
): Loss<[target: ClassTarget], Options>;
export function defineLoss<
  Options extends object = LossOptions,
  Rest extends readonly unknown[] = [target: FloatInput],
  ArrayOption extends string = never,
  Differentiated extends string = never,
>(
  definition: WithSchemas<
    ElementLossDefinition<ElementSpecificOptions<Options, ArrayOption>, ArrayOption>,
    ElementSpecificOptions<Options, ArrayOption>
  >,
): Loss<Rest, Options, "element", Differentiated>;
export function defineLoss<
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
): Loss<Rest, Options, P, Differentiated>;
export function defineLoss<
  Options extends object = LossOptions,
  Rest extends readonly unknown[] = [target: FloatInput],
  _ArrayOption extends string = never,
  Differentiated extends string = never,
>(
  definition: WithSchemas<
    BatchLossDefinition<BatchSpecificOptions<Options>>,
    BatchSpecificOptions<Options>
  >,
): Loss<Rest, Options, "batch", Differentiated>;
export function defineLoss(
  definition:
    | BatchLossDefinition<object>
    | ClassLossDefinition<object>
    | ElementLossDefinition<object>
    | RowLossDefinition<object>,
): object {
  checkDefinition(definition, "class", "element", "row", "batch");
  // The overloads require the schemas.
  const complete = definition as WithSchemas<typeof definition, object>;
  switch (complete.kind) {
    case "class":
      return defineClassLoss(complete);
    case "element":
      return defineElementLoss(complete);
    case "row":
      return defineRowLoss<LossOptions, [], string, never, RowContents>(complete);
    case "batch":
      return defineBatchLoss(complete);
  }
}
