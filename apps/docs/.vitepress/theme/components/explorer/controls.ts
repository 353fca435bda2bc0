import type { OptionApi } from "../../../../typedoc/functionApi.ts";
import type { ArgumentElement } from "./curve.ts";
import { layoutOf, type Panel } from "./panels.ts";
import { labelsOf, type Settings, type Subject } from "./subject.ts";
import { listOf, partAt, pathsOf, rowsOf, shapeOf } from "./values.ts";

export type Range = readonly [low: number, high: number, step: number];
/** The range of a number, by the name of its argument or option. */
export type Ranges = Readonly<Record<string, Range>>;

type Choices = readonly { readonly value: number | string; readonly text: string }[];

/** A control for one number of an argument. */
export type Field = { readonly label: string; readonly element: ArgumentElement } & (
  | { readonly is: "slider"; readonly range: Range }
  | { readonly is: "choice"; readonly choices: Choices }
);

/** A control for an option. */
export type Control = { readonly name: string } & (
  | { readonly is: "slider"; readonly range: Range }
  /** One for each number of the option. */
  | { readonly is: "sliders"; readonly range: Range }
  | { readonly is: "choice"; readonly choices: Choices }
  | { readonly is: "number" }
  | { readonly is: "flag" }
);

/** The range of a number about which nothing is known. */
export const usual: Range = [-10, 10, 0.1];
const ofProbabilities: Range = [0, 1, 0.05];

/** Returns the fields of a panel, argument by argument. */
export function fieldsOf(
  subject: Subject,
  settings: Settings,
  panel: Panel,
  ranges: Ranges,
): Field[] {
  const { api } = subject;
  const labels = layoutOf(subject, settings) === "arguments" ? undefined : labelsOf(api);
  return api.arguments.flatMap((argument): Field[] => {
    const values = settings.args[argument];
    const lead = panel.partOf(argument, values);
    if (lead === undefined) return [];
    const part = partAt(values, lead);
    const isLabel = argument === labels;
    if (isLabel && typeof part === "number") {
      const element = { argument, path: lead };
      return [{ is: "choice", label: argument, element, choices: classesOf(subject, settings) }];
    }
    const range = ranges[argument] ?? rangeOf(subject, argument, isLabel);
    return pathsOf(part).map((path) => ({
      is: "slider",
      label: labelOf(subject, settings, argument, path),
      element: { argument, path: [...lead, ...path] },
      range,
    }));
  });
}

function rangeOf({ api }: Subject, argument: string, isTarget: boolean): Range {
  if (api.integers.includes(argument)) return [0, 5, 1];
  return isTarget ? ofProbabilities : usual;
}

/** Returns the label of a number within its panel. The title of a panel may already name the argument. */
function labelOf(
  subject: Subject,
  settings: Settings,
  argument: string,
  path: readonly number[],
): string {
  if (path.length === 0) return argument;
  const place = path.join(", ");
  if (layoutOf(subject, settings) === "arguments") return place;
  const { api } = subject;
  const isOfClasses = argument === api.arguments[0] && labelsOf(api) !== undefined;
  if (!isOfClasses) return `${argument} ${place}`;
  return wordOf(subject) === "token" ? `Token ${place}` : `Class ${place}`;
}

/** Returns what the last axis of the first argument is made of. */
function wordOf({ api }: Subject): "class" | "token" {
  return labelsOf(api) === "ids" ? "token" : "class";
}

/** Returns the classes or tokens that a row can have, and the ignored one. */
function classesOf(subject: Subject, { args, options }: Settings): Choices {
  const [first] = rowsOf(args[subject.api.arguments[0]]);
  const word = wordOf(subject);
  const classes = listOf(first).map((_, j) => ({ value: j, text: `${word} ${j}` }));
  const { ignoreIndex } = options;
  if (typeof ignoreIndex !== "number" || classes[ignoreIndex]) return classes;
  return [...classes, { value: ignoreIndex, text: `${ignoreIndex}, ignored` }];
}

/** Returns the controls of all options that a reader can set. */
export function controlsOf(subject: Subject, settings: Settings, ranges: Ranges): Control[] {
  return subject.api.options
    .filter(({ name }) => !subject.api.arguments.includes(name))
    .map((option) =>
      option.name === "axis" ? axisControl(subject, settings) : controlOf(option, settings, ranges),
    )
    .filter((control) => control !== undefined);
}

function controlOf(
  { name, type }: OptionApi,
  { options }: Settings,
  ranges: Ranges,
): Control | undefined {
  if (Array.isArray(options[name]))
    return { name, is: "sliders", range: ranges[name] ?? [0, 5, 0.1] };
  switch (type.is) {
    case "choice":
      return { name, is: "choice", choices: type.words.map(choiceOf) };
    case "boolean":
      return { name, is: "flag" };
    case "number":
    case "numberOrNumbers":
      return ranges[name] ? { name, is: "slider", range: ranges[name] } : { name, is: "number" };
    case "numbers":
    case "other":
      return undefined;
  }
}

/** Returns a word, or a number if the word is digits, such as `"1"`. */
function choiceOf(text: string): Choices[number] {
  return { value: /^\d+$/.test(text) ? Number(text) : text, text };
}

/** Returns a control for the axis of a matrix. Further arguments would not fit another axis. */
function axisControl({ api }: Subject, { args }: Settings): Control | undefined {
  const isMatrix = shapeOf(args[api.arguments[0]]).length === 2;
  if (api.arguments.length > 1 || !isMatrix) return undefined;
  const choices = [-1, 0].map((value) => ({ value, text: String(value) }));
  return { name: "axis", is: "choice", choices };
}
