/** What is known of one option from its type. */
export type OptionType =
  | { readonly is: "number" }
  | { readonly is: "boolean" }
  | { readonly is: "choice"; readonly words: readonly string[] }
  /** Several numbers: one per class, for example. */
  | { readonly is: "numbers" }
  /** One number or several. */
  | { readonly is: "numberOrNumbers" }
  /** What no control can set: a container to write to, a function. */
  | { readonly is: "other" };

export interface OptionApi {
  readonly name: string;
  readonly type: OptionType;
  /** The default, as JSON holds it; absent where there is none. */
  readonly fallback?: number | string | boolean;
  /** Whether only `valueAndGrad` takes it. */
  readonly gradientOnly?: boolean;
}

/** What a function works on: rows of classes, single elements, rows of vectors; or it is no loss. */
export type FunctionKind = "class" | "element" | "row" | "function";

/** A public function that takes options, as its types describe it. */
export interface FunctionApi {
  readonly name: string;
  /** What it is imported from. */
  readonly module: string;
  readonly kind: FunctionKind;
  /** The names of the arguments before the options. */
  readonly arguments: readonly string[];
  readonly options: readonly OptionApi[];
}
