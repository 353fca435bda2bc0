import type { OptionApi } from "../../../../typedoc/functionApi.ts";
import type { ArgumentElement } from "./curve.ts";
import type { Panel } from "./panels.ts";
import type { Settings, Subject } from "./subject.ts";
import { listOf, partAt, pathsOf, rowsOf, shapeOf, type Values } from "./values.ts";

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

const usual: Range = [-10, 10, 0.1];
const ofProbabilities: Range = [0, 1, 0.05];

/** Returns the fields of a panel, argument by argument. */
export function fieldsOf(
  subject: Subject,
  settings: Settings,
  panel: Panel,
  ranges: Ranges,
): Field[] {
  const { api } = subject;
  return api.arguments.flatMap((argument, i): Field[] => {
    const values = settings.args[argument];
    const lead = panel.partOf(argument, values);
    if (lead === undefined) return [];
    const part = partAt(values, lead);
    const isTarget = api.kind === "class" && i === 1;
    if (isTarget && typeof part === "number") {
      const [first] = rowsOf(settings.args[api.arguments[0]]);
      const element = { argument, path: lead };
      return [{ is: "choice", label: argument, element, choices: targetsOf(first, settings) }];
    }
    const range = ranges[argument] ?? rangeOf(subject, argument, isTarget);
    return pathsOf(part).map((path) => ({
      is: "slider",
      label: labelOf(subject, argument, path),
      element: { argument, path: [...lead, ...path] },
      range,
    }));
  });
}

function rangeOf({ api }: Subject, argument: string, isTarget: boolean): Range {
  if (api.integers.includes(argument)) return [0, 5, 1];
  return isTarget ? ofProbabilities : usual;
}

/** Returns the label of a number within its panel. */
function labelOf({ api }: Subject, argument: string, path: readonly number[]): string {
  if (path.length === 0) return argument;
  const isInput = argument === api.arguments[0];
  return `${isInput && api.kind === "class" ? "Class" : argument} ${path.join(", ")}`;
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
  const isMatrix = shapeOf(args[api.arguments[0]]).length === 2;
  if (api.kind !== "function" || !isMatrix) return undefined;
  const choices = [-1, 0].map((value) => ({ value, text: String(value) }));
  return { name: "axis", is: "choice", choices };
}
