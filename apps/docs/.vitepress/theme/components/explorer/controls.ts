import type { OptionApi } from "../../../../typedoc/functionApi.ts";
import type { Place } from "./curve.ts";
import type { Settings, Subject } from "./subject.ts";
import { isMatrix, listOf, partOf, type Values } from "./values.ts";

export type Range = readonly [low: number, high: number, step: number];
/** The range of a number, by the name of its argument or option. */
export type Ranges = Readonly<Record<string, Range>>;

type Choices = readonly { readonly value: number | string; readonly text: string }[];

/** A control for one number of an argument. */
export type Field = { readonly label: string; readonly place: Place } & (
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

const usual: Range = [-10, 10, 0.1];
const ofProbabilities: Range = [0, 1, 0.05];

/** Returns the fields of one row of the input, argument by argument. */
export function fieldsOf(
  subject: Subject,
  settings: Settings,
  row: number,
  ranges: Ranges,
): Field[] {
  const { api } = subject;
  const first = settings.args[api.arguments[0]];
  return api.arguments.flatMap((argument, i): Field[] => {
    const values = settings.args[argument];
    const part = partOf(values, row, first);
    const lead = isMatrix(first) && typeof values === "object" ? [row] : [];
    const isTarget = api.kind === "class" && i === 1;
    if (isTarget && typeof part === "number") {
      const choices = targetsOf(partOf(first, row, first), settings);
      return [{ is: "choice", label: argument, place: { argument, path: lead }, choices }];
    }
    const range = ranges[argument] ?? (isTarget ? ofProbabilities : usual);
    const path = (j: number) => (typeof part === "number" ? lead : [...lead, j]);
    return listOf(part).map((_, j) => {
      const place = { argument, path: path(j) };
      return { is: "slider", label: labelOf(subject, place, argument), place, range };
    });
  });
}

/** Returns the label of a number within its row. */
function labelOf({ api }: Subject, { path }: Place, argument: string): string {
  if (path.length === 0) return argument;
  const isInput = argument === api.arguments[0];
  return `${isInput && api.kind === "class" ? "Class" : argument} ${path.at(-1)}`;
}

function targetsOf(input: Values, { options }: Settings): Choices {
  const classes = listOf(input).map((_, j) => ({ value: j, text: `class ${j}` }));
  const { ignoreIndex } = options;
  if (typeof ignoreIndex !== "number" || classes[ignoreIndex]) return classes;
  return [...classes, { value: ignoreIndex, text: `${ignoreIndex}, ignored` }];
}

/** Returns the controls of all options that a reader can set. */
export function controlsOf(subject: Subject, settings: Settings, ranges: Ranges): Control[] {
  return subject.api.options
    .map((option) =>
      option.name === "axis" ? axisControl(subject, settings) : controlOf(option, ranges),
    )
    .filter((control) => control !== undefined);
}

function controlOf({ name, type }: OptionApi, ranges: Ranges): Control | undefined {
  switch (type.is) {
    case "choice":
      return { name, is: "choice", choices: type.words.map((value) => ({ value, text: value })) };
    case "boolean":
      return { name, is: "flag" };
    case "numbers":
      return { name, is: "sliders", range: ranges[name] ?? [0, 5, 0.1] };
    case "number":
    case "numberOrNumbers":
      return ranges[name] ? { name, is: "slider", range: ranges[name] } : { name, is: "number" };
    case "other":
      return undefined;
  }
}

/** Returns a control for the axis of a matrix. A loss has none: another axis needs other targets. */
function axisControl({ api }: Subject, { args }: Settings): Control | undefined {
  if (api.kind !== "function" || !isMatrix(args[api.arguments[0]])) return undefined;
  const choices = [-1, 0].map((value) => ({ value, text: String(value) }));
  return { name: "axis", is: "choice", choices };
}
