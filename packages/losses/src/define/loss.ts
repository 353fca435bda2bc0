import type {
  FloatArray,
  FloatInput,
  NestedNumbers,
  Output,
  Reduced,
  Tensor,
  TensorLike,
  TypedOut,
  WrittenTo,
} from "@surprisal/core";
import type { OptionSchemas } from "@surprisal/core/authoring";
import type { Broadcast, ReducedBroadcast, RowContents } from "./broadcastTypes.ts";
import type { InputGradient, ValueAndGrad } from "./gradientTypes.ts";
import type { ClassLossOptions, GradientOptions, LossOptions } from "./options.ts";

/**
 * The unit that has one loss: a row of classes, a row (one vector of each argument), an element, or any
 * part that a loss of whole tensors chooses. If some arguments of rows hold one value per row, the unit is the list of
 * what each argument after the input holds.
 */
export type Per = "class" | "row" | "element" | "batch" | RowContents;

/**
 * The result of `reduction: "none"`: one loss per row or per element, or losses of any shape. The arguments of
 * rows and elements, the input of type `I` and the others, are broadcast.
 */
export type Losses<I, P extends Per, Rest extends readonly unknown[] = readonly []> = P extends
  | "row"
  | RowContents
  ? ReducedBroadcast<I, Rest, P>
  : P extends "element"
    ? Broadcast<I, Rest>
    : P extends "class"
      ? Reduced<I>
      : number | (I extends TensorLike ? Output<I> : NestedNumbers | FloatArray | Tensor);

/** The values of `reduction` with which a loss with these options returns one number. */
export type Reducing<Options> = Options extends { reduction?: infer Reduction }
  ? Exclude<Reduction, "none">
  : "mean" | "sum" | undefined;

/**
 * A loss: a function of its input, further arguments and options, with one method.
 *
 * It returns the losses reduced to one number or, with `reduction: "none"`, each loss in the input's kind of container.
 *
 * `Rest` is the list of arguments between the input and the options. `Options` is the type of the
 * options object. `P` is the unit that has one loss. `Differentiated` holds the names
 * of the arguments in `grads`, the input's among them, if there are several; that of an optional one ends
 * in "?".
 */
export interface Loss<
  Rest extends readonly unknown[],
  Options extends object,
  P extends Per = "class",
  Differentiated extends string = never,
> {
  // The calls have no comments: an editor would show them in place of the loss's own.
  <I extends FloatInput, Given extends Rest, Out = undefined>(
    input: I,
    ...rest: [...Given, options: TypedOut<Options & { reduction: "none" }, Out>]
  ): WrittenTo<Losses<I, P, Given>, Out>;
  <I extends FloatInput>(
    input: I,
    ...rest: [...Rest, options?: Options & { reduction?: Reducing<Options> }]
  ): number;
  <I extends FloatInput, Out = undefined>(
    input: I,
    ...rest: [...Rest, options?: TypedOut<Options, Out>]
  ): number | WrittenTo<Losses<I, P, Rest>, Out>;

  /**
   * Computes each loss and the gradient in one pass.
   *
   * @returns `value`, as the loss itself returns it, and `grad` = gradOutput · ∂value/∂input, in the
   * input's kind of container (in `out`, if given).
   */
  valueAndGrad<I extends FloatInput, Given extends Rest, Out = undefined>(
    input: I,
    ...rest: [...Given, options: TypedOut<Options & GradientOptions & { reduction: "none" }, Out>]
  ): ValueAndGrad<Losses<I, P, Given>, InputGradient<I, Out, Differentiated>, Differentiated, Out>;
  /** Computes the losses reduced to one number, and the gradient of that number. */
  valueAndGrad<I extends FloatInput, Out = undefined>(
    input: I,
    ...rest: [
      ...Rest,
      options?: TypedOut<Options & GradientOptions & { reduction?: Reducing<Options> }, Out>,
    ]
  ): ValueAndGrad<number, InputGradient<I, Out, Differentiated>, Differentiated, Out>;
  /** Computes one of the two, if the compiler does not know the reduction. */
  valueAndGrad<I extends FloatInput, Out = undefined>(
    input: I,
    ...rest: [...Rest, options?: TypedOut<Options & GradientOptions, Out>]
  ): ValueAndGrad<
    number | Losses<I, P, Rest>,
    InputGradient<I, Out, Differentiated>,
    Differentiated,
    Out
  >;
}

/** The parsed options of one loss alone, without those of every loss of its kind. Each has a value. */
export type LossSpecificOptions<Options, Common> = {
  [Name in Exclude<keyof Options, keyof Common>]-?: Exclude<Options[Name], undefined>;
};

/** The options of a class loss that `ClassLossOptions` does not have. */
export type ClassSpecificOptions<Options> = LossSpecificOptions<Options, ClassLossOptions>;

/** The options of an element loss that `LossOptions` does not have, and that `ArrayOption` does not name. */
export type ElementSpecificOptions<Options, ArrayOption extends string> = LossSpecificOptions<
  Options,
  LossOptions & Record<ArrayOption, unknown>
>;

/** The options of a row loss that `LossOptions` does not have, without `axis` and those that `ArrayOption` names. */
export type RowSpecificOptions<Options, ArrayOption extends string> = LossSpecificOptions<
  Options,
  LossOptions & { axis?: number | undefined } & Record<ArrayOption, unknown>
>;

/** The options of a loss of whole tensors that `LossOptions` does not have. */
export type BatchSpecificOptions<Options> = LossSpecificOptions<Options, LossOptions>;

/**
 * A definition with a schema for each option of the loss alone, and no other schemas. Without a schema, the formula would
 * get no value for the option. Without a type, callers could not pass it.
 */
export type WithSchemas<Definition, Specific> = Definition &
  ([keyof Specific] extends [never]
    ? { readonly options?: Readonly<Record<string, never>> }
    : { readonly options: OptionSchemas<Specific> });
