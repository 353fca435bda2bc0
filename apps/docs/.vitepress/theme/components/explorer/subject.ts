import type { FunctionApi } from "../../../../typedoc/functionApi.ts";
import type { Values } from "./values.ts";

/** A function of the library, or a loss, called by name. */
export interface Call {
  // biome-ignore lint/suspicious/noExplicitAny: its arguments are known by their names only.
  (...args: any[]): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  valueAndGrad?(...args: any[]): Evaluation;
}

export interface Evaluation {
  readonly value: Values;
  readonly grad: Values;
  readonly grads?: Readonly<Record<string, Values>>;
}

/** A function that works on each row alone: softmax, for example. */
export interface RowFunction {
  readonly name: string;
  readonly call: Call;
}

/** What is explored. */
export interface Subject {
  readonly api: FunctionApi;
  readonly call: Call;
  /** Makes the first argument out of the numbers that are moved. */
  readonly through?: RowFunction;
  /** Is shown of the same numbers. */
  readonly also?: RowFunction;
}

export type OptionValue = number | string | boolean | readonly number[];

/** What the controls say. */
export interface Settings {
  readonly args: Readonly<Record<string, Values>>;
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** The settings as they are at first: the arguments as the page gives them, the options as by default. */
export function startOf({ api }: Subject, start: Readonly<Record<string, unknown>>): Settings {
  const args: Record<string, Values> = {};
  for (const name of api.arguments) {
    if (start[name] === undefined) throw new Error(`The explorer of ${api.name} needs ${name}.`);
    args[name] = start[name] as Values;
  }
  const width = lastSize(args[api.arguments[0]]);
  const options: Record<string, OptionValue> = {};
  for (const { name, type, fallback } of api.options) {
    const each = type.is === "numbers" ? new Array<number>(width).fill(1) : undefined;
    const value = (start[name] as OptionValue | undefined) ?? fallback ?? each;
    if (value !== undefined && type.is !== "other") options[name] = value;
  }
  return { args, options };
}

/** The options that say something else than the default does. */
export function givenOptions({ api }: Subject, { options }: Settings): Record<string, OptionValue> {
  const given = api.options.filter(({ name, fallback }) => {
    const value = options[name];
    if (Array.isArray(value)) return value.some((one) => one !== 1);
    return value !== undefined && value !== fallback;
  });
  return Object.fromEntries(given.map(({ name }) => [name, options[name]]));
}

/** The same, without those that only `valueAndGrad` takes. */
export function lossOptions(subject: Subject, settings: Settings): Record<string, OptionValue> {
  const options = givenOptions(subject, settings);
  for (const { name, gradientOnly } of subject.api.options) if (gradientOnly) delete options[name];
  return options;
}

/** The arguments, in their order. */
export function argumentsOf({ api, through }: Subject, { args }: Settings): Values[] {
  const [first, ...rest] = api.arguments.map((name) => args[name]);
  return [through === undefined ? first : (through.call(first) as Values), ...rest];
}

function lastSize(values: Values): number {
  if (typeof values === "number") return 1;
  const [first] = values;
  return typeof first === "object" ? first.length : values.length;
}
