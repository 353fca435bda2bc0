/** An option, as its type describes it. */
export type OptionType =
  | { readonly is: "number" }
  | { readonly is: "boolean" }
  | { readonly is: "choice"; readonly words: readonly string[] }
  /** Several numbers: one per class, for example. */
  | { readonly is: "numbers" }
  /** One number or several. */
  | { readonly is: "numberOrNumbers" }
  /** A type without a control: an output container, or a function. */
  | { readonly is: "other" };

export interface OptionApi {
  readonly name: string;
  readonly type: OptionType;
  /** The default as a JSON value, if there is one. */
  readonly fallback?: number | string | boolean;
  /** Whether only `valueAndGrad` takes it. */
  readonly gradientOnly?: boolean;
}

/** The unit of a loss (rows of classes, elements, rows of vectors, or a batch), or "function" for no loss. */
export type FunctionKind = "class" | "element" | "row" | "batch" | "function";

/** A public function that takes options, as its types describe it. */
export interface FunctionApi {
  readonly name: string;
  /** The module that exports it. */
  readonly module: string;
  readonly kind: FunctionKind;
  /** The names of the arguments before the options. */
  readonly arguments: readonly string[];
  /** The names of those that hold integers only. */
  readonly integers: readonly string[];
  readonly options: readonly OptionApi[];
}
