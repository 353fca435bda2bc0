import { panelsOf } from "./panels.ts";
import { argumentsOf, lossOptions, type Settings, type Subject } from "./subject.ts";
import { listOf, type Path, partAt, rowsOf, type Values, valueAt, withValue } from "./values.ts";

/** One number of one argument. */
export interface ArgumentElement {
  readonly argument: string;
  readonly path: Path;
}

/** A curve over evenly spaced numbers. */
export interface Line {
  readonly label: string;
  readonly values: readonly number[];
}

/** Returns the lines of a function over values of one of its numbers. */
export function linesOver(
  subject: Subject,
  settings: Settings,
  element: ArgumentElement,
  over: readonly number[],
): Line[] {
  const moved = over.map((value) => moveTo(settings, element, value));
  return subject.api.kind === "function"
    ? functionLines(subject, moved, element)
    : lossLines(subject, moved, element);
}

/** Returns the settings with one number changed. */
export function moveTo(
  settings: Settings,
  { argument, path }: ArgumentElement,
  value: number,
): Settings {
  const values = withValue(settings.args[argument], path, value);
  return { ...settings, args: { ...settings.args, [argument]: values } };
}

/** Returns a line for each result in the row of the number that changes. */
function functionLines(
  subject: Subject,
  moved: readonly Settings[],
  { path }: ArgumentElement,
): Line[] {
  const results = moved.map((settings) => {
    const value = subject.call(
      ...argumentsOf(subject, settings),
      lossOptions(subject, settings),
    ) as Values;
    const row = rowsOf(settings.args[subject.api.arguments[0]]).length > 1 ? path[0] : 0;
    const panel = panelsOf(subject, settings)[row];
    return listOf(partAt(value, panel.partOf(subject.api.name, value) ?? []));
  });
  return results[0].map((_, j) => ({
    label: results[0].length === 1 ? subject.api.name : `${subject.api.name} ${j}`,
    values: results.map((row) => row[j]),
  }));
}

/** Returns a line of the loss, or of the sum of losses, and a line of its gradient if there is one. */
function lossLines(subject: Subject, moved: readonly Settings[], element: ArgumentElement): Line[] {
  const { api, call } = subject;
  const evaluations = moved.map((settings) => {
    const options = lossOptions(subject, settings);
    const reduction = options.reduction === "none" ? "sum" : options.reduction;
    return call.valueAndGrad?.(...argumentsOf(subject, settings), { ...options, reduction });
  });
  const isSummed = moved[0]?.options.reduction === "none";
  const label = isSummed ? "sum of the losses" : "loss";
  const loss = { label, values: evaluations.map((found) => found?.value as number) };
  const slopes = evaluations.map((found) => {
    const gradients = found?.grads ?? { [api.arguments[0]]: found?.grad };
    const gradient = gradients[element.argument];
    return gradient === undefined ? Number.NaN : valueAt(gradient, element.path);
  });
  const known = slopes.some((slope) => !Number.isNaN(slope));
  // If another function computes the argument, the gradient is not that of the number that changes.
  return known && subject.transform === undefined
    ? [loss, { label: "gradient", values: slopes }]
    : [loss];
}

/** Returns evenly spaced numbers that include both ends. */
export function spread([low, high]: readonly [number, number], count: number): number[] {
  return Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
}
