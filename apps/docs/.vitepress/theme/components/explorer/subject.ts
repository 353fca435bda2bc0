import type { FunctionApi } from "../../../../typedoc/functionApi.ts";
import { shapeOf, type Values } from "./values.ts";
import type { View } from "./view.ts";

/** A function of the library, or a loss, that is called by name. */
export interface Call {
  // biome-ignore lint/suspicious/noExplicitAny: only the names of the arguments are known.
  (...args: any[]): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  valueAndGrad?(...args: any[]): Evaluation;
}

export interface Evaluation {
  readonly value: Values;
  readonly grad: Values;
  readonly grads?: Readonly<Record<string, Values>>;
}

/** A function of a row, such as softmax. */
export interface RowFunction {
  readonly name: string;
  readonly call: Call;
}

/** The function that is explored. */
export interface Subject {
  readonly api: FunctionApi;
  readonly call: Call;
  /** A function that computes the first argument from the numbers of the sliders. */
  readonly transform?: RowFunction;
  /** A function whose results for the same numbers are shown, too. */
  readonly also?: RowFunction;
  /** The view of a result that is more than numbers. */
  readonly view?: View;
}

/** Returns the argument that holds a class, a label or a token id for each row, if there is one. */
export function labelsOf({
  kind,
  arguments: [, second],
  integers,
}: FunctionApi): string | undefined {
  const isLabels = kind === "class" || (kind === "function" && integers.includes(second));
  return isLabels ? second : undefined;
}

export type OptionValue = number | string | boolean | readonly number[];

/** The state of the controls. */
export interface Settings {
  readonly args: Readonly<Record<string, Values>>;
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** Returns the initial settings: the arguments and options of the page, and defaults for the other options. */
export function startOf({ api }: Subject, start: Readonly<Record<string, unknown>>): Settings {
  const args: Record<string, Values> = {};
  for (const name of api.arguments) {
    if (start[name] === undefined) throw new Error(`The explorer of ${api.name} needs ${name}.`);
    args[name] = start[name] as Values;
  }
  const width = shapeOf(args[api.arguments[0]]).at(-1) ?? 1;
  const options: Record<string, OptionValue> = {};
  for (const { name, type, fallback } of api.options) {
    // An option may have the name of an argument, whose numbers it must not get.
    if (api.arguments.includes(name)) continue;
    const each = type.is === "numbers" ? new Array<number>(width).fill(1) : undefined;
    const value = (start[name] as OptionValue | undefined) ?? fallback ?? each;
    if (value !== undefined && type.is !== "other") options[name] = value;
  }
  return { args, options };
}

/** Returns the options that are not at their defaults. */
export function givenOptions({ api }: Subject, { options }: Settings): Record<string, OptionValue> {
  const given = api.options.filter(({ name, type, fallback }) => {
    const value = options[name];
    // A weight of 1 and a bias of 0 change nothing.
    const neutral = type.is === "numbers" ? 1 : 0;
    if (Array.isArray(value)) return value.some((one) => one !== neutral);
    return value !== undefined && value !== fallback;
  });
  return Object.fromEntries(given.map(({ name }) => [name, options[name]]));
}

/** Returns the same options without those that only `valueAndGrad` takes. */
export function lossOptions(subject: Subject, settings: Settings): Record<string, OptionValue> {
  const options = givenOptions(subject, settings);
  for (const { name, gradientOnly } of subject.api.options) if (gradientOnly) delete options[name];
  return options;
}

/** Returns the arguments in order. */
export function argumentsOf({ api, transform }: Subject, { args }: Settings): Values[] {
  const [first, ...rest] = api.arguments.map((name) => args[name]);
  return [transform === undefined ? first : (transform.call(first) as Values), ...rest];
}
