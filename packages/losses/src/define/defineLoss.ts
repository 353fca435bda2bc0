import type { FloatInput, Output, Reduced } from "@surprisal/core";
import { type ClassLossDefinition, classLoss } from "./classLoss.ts";
import { type ElementLossDefinition, elementLoss } from "./elementLoss.ts";
import type { ClassLossOptions, GradientOptions, LossOptions } from "./options.ts";
import { type RowLossDefinition, rowLoss } from "./rowLoss.ts";
import type { ClassTarget } from "./target.ts";

export type {
  ClassFormula,
  ClassIndexKernel,
  ClassLossDefinition,
} from "./classLoss.ts";
export { composeCrossEntropy } from "./composeCrossEntropy.ts";
export type {
  ElementFormula,
  ElementFunction,
  ElementLossDefinition,
} from "./elementLoss.ts";
export type { ClassLossOptions, GradientOptions, LossOptions } from "./options.ts";
export type { RowFormula, RowLossDefinition } from "./rowLoss.ts";
export type { SingleRowLoss } from "./singleRow.ts";
export type { ClassTarget } from "./target.ts";

/** A value with the gradients that `valueAndGrad` returns beside it. */
export interface ValueAndGrad<Value, Grad> {
  /** The loss, as the loss itself returns it. */
  readonly value: Value;
  /** ∂value/∂input times the upstream gradient, in the input's container. */
  readonly grad: Grad;
  /** For losses that differentiate further arguments: all gradients, by the argument's name. */
  readonly grads?: Readonly<Record<string, unknown>>;
}

/** What `reduction: "none"` gives: one loss per row, or per element. */
export type Losses<I, Per extends "row" | "element"> = Per extends "row" ? Reduced<I> : Output<I>;

/**
 * A loss: a function of its input, further arguments and options, with one method.
 *
 * `Rest` are the arguments after the input, `Options` the options object, and `Per` says what has
 * one loss: a row or an element.
 */
export interface Loss<
  Rest extends readonly unknown[],
  Options extends object,
  Per extends "row" | "element" = "row",
> {
  /** Each loss: with `reduction: "none"`, in the input's kind of container. */
  <I extends FloatInput>(
    input: I,
    ...rest: [...Rest, options: Options & { reduction: "none" }]
  ): Losses<I, Per>;
  /** The losses reduced to one number. */
  <I extends FloatInput>(
    input: I,
    ...rest: [...Rest, options?: Options & { reduction?: "mean" | "sum" | "batchmean" }]
  ): number;
  /** Either, where the reduction is not known to the compiler. */
  <I extends FloatInput>(input: I, ...rest: [...Rest, options?: Options]): number | Losses<I, Per>;

  /**
   * Each loss and the gradient in one pass.
   *
   * @returns `value`, as the loss itself returns it, and `grad` = gradOutput · ∂value/∂input, in
   * the input's container (in `out`, if given).
   */
  valueAndGrad<I extends FloatInput>(
    input: I,
    ...rest: [...Rest, options: Options & GradientOptions & { reduction: "none" }]
  ): ValueAndGrad<Losses<I, Per>, Output<I>>;
  /** The losses reduced to one number, and the gradient of that. */
  valueAndGrad<I extends FloatInput>(
    input: I,
    ...rest: [
      ...Rest,
      options?: Options & GradientOptions & { reduction?: "mean" | "sum" | "batchmean" },
    ]
  ): ValueAndGrad<number, Output<I>>;
  /** Either, where the reduction is not known to the compiler. */
  valueAndGrad<I extends FloatInput>(
    input: I,
    ...rest: [...Rest, options?: Options & GradientOptions]
  ): ValueAndGrad<number | Losses<I, Per>, Output<I>>;
}

/** A loss's own options, read: every one has a value. */
export type LossSpecificOptions<Options, Common> = Required<Omit<Options, keyof Common>>;

/**
 * Makes a loss from its mathematics.
 *
 * The definition says the formula and its derivative for one row of classes (`kind: "class"`), one
 * element of each argument (`"element"`) or one vector of each (`"row"`), in float64. Everything
 * else is written here once: containers, shapes and axes, targets, class weights, ignored rows,
 * label smoothing, reductions, the upstream gradient, `out`, and the errors.
 *
 * @param definition the kind, the name, the readers of own options, and the formula.
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
  definition: ClassLossDefinition<LossSpecificOptions<Options, ClassLossOptions>>,
): Loss<[target: ClassTarget], Options>;
export function defineLoss<
  Options extends object = LossOptions,
  Rest extends readonly unknown[] = [target: FloatInput],
>(
  definition: ElementLossDefinition<LossSpecificOptions<Options, LossOptions>>,
): Loss<Rest, Options, "element">;
export function defineLoss<
  Options extends object = LossOptions,
  Rest extends readonly unknown[] = [target: FloatInput],
>(
  definition: RowLossDefinition<LossSpecificOptions<Options, LossOptions & { axis?: number }>>,
): Loss<Rest, Options>;
export function defineLoss(
  definition:
    | ClassLossDefinition<object>
    | ElementLossDefinition<object>
    | RowLossDefinition<object>,
): object {
  switch (definition.kind) {
    case "class":
      return classLoss(definition);
    case "element":
      return elementLoss(definition);
    case "row":
      return rowLoss(definition);
  }
}
