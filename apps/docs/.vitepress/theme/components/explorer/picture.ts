import type { Bar } from "../figures/Bars.vue";
import { argumentsOf, givenOptions, lossOptions, type Settings, type Subject } from "./subject.ts";
import { isMatrix, listOf, partOf, type Values } from "./values.ts";

/** A figure for each row. */
export interface Figure {
  readonly title: string;
  readonly rows: readonly (readonly Bar[])[];
}

/** All figures and numbers for some settings. */
export interface Picture {
  /** The result of the call. */
  readonly value: Values;
  readonly gradients: Readonly<Record<string, Values>>;
  readonly figures: readonly Figure[];
  /** The loss of each row, if there is more than one. */
  readonly perRow: readonly Bar[];
}

export function pictureOf(subject: Subject, settings: Settings): Picture {
  return subject.api.kind === "function"
    ? functionPicture(subject, settings)
    : lossPicture(subject, settings);
}

function functionPicture(subject: Subject, settings: Settings): Picture {
  const { api, call } = subject;
  const [x] = argumentsOf(subject, settings);
  const value = call(...argumentsOf(subject, settings), givenOptions(subject, settings)) as Values;
  // A result without the shape of the input belongs to no row.
  const sameShape = shapeOf(value) === shapeOf(x);
  const rows = sameShape ? rowsOf(x).map((_, i) => listOf(partOf(value, i, x))) : [];
  return {
    value,
    gradients: {},
    figures: [
      ...(sameShape ? [{ title: api.name, rows: rows.map((row) => barsOf(row)) }] : []),
      ...furtherFigures(subject, settings),
    ],
    perRow: sameShape ? [] : barsOf(listOf(value), "Value"),
  };
}

function lossPicture(subject: Subject, settings: Settings): Picture {
  const { api, call } = subject;
  const args = argumentsOf(subject, settings);
  const options = lossOptions(subject, settings);
  if (call.valueAndGrad === undefined) throw new Error(`${api.name} is no loss.`);
  const { value, grad, grads } = call.valueAndGrad(...args, givenOptions(subject, settings));
  const gradients = grads ?? { [api.arguments[0]]: grad };
  const losses = call(...args, { ...options, reduction: "none" }) as Values;
  const [input] = args;
  const rows = rowsOf(input);
  return {
    value,
    gradients,
    figures: [
      ...furtherFigures(subject, settings),
      ...(api.kind === "class" ? [lossPerClass(subject, settings)] : []),
      ...(api.kind === "element"
        ? [{ title: "Loss", rows: rows.map((_, i) => barsOf(listOf(partOf(losses, i, input)))) }]
        : []),
      ...Object.entries(gradients).map(([name, gradient]) => ({
        title: `Gradient with respect to ${name}`,
        rows: rows.map((_, i) => barsOf(listOf(partOf(gradient, i, input)))),
      })),
    ],
    perRow: api.kind === "element" ? [] : barsOf(listOf(losses), "Row"),
  };
}

/** Returns the loss of each row for each class as its target. */
function lossPerClass(subject: Subject, settings: Settings): Figure {
  const [input, target] = argumentsOf(subject, settings);
  const options = { ...lossOptions(subject, settings), reduction: "sum" };
  return {
    title: "Loss, were this class the target",
    rows: rowsOf(input).map((row, i) => {
      const losses = row.map((_, j) => subject.call(row, j, options) as number);
      const right = partOf(target, i, input);
      return barsOf(losses).map((bar, j) => ({ ...bar, marked: j === right }));
    }),
  };
}

/** Returns the results of other functions for the numbers of the sliders. */
function furtherFigures(subject: Subject, settings: Settings): Figure[] {
  const { api, also, through } = subject;
  const x = settings.args[api.arguments[0]];
  return [also, through]
    .filter((one) => one !== undefined)
    .map(({ name, call }) => ({
      title: name,
      rows: rowsOf(x).map((row) => barsOf(call(row) as number[])),
    }));
}

function barsOf(values: readonly number[], of = ""): Bar[] {
  return values.map((value, i) => ({ label: of === "" ? String(i) : `${of} ${i}`, value }));
}

/** Returns the rows of the first argument: a vector is one row. */
export function rowsOf(values: Values): readonly (readonly number[])[] {
  return isMatrix(values) ? values : [listOf(values)];
}

function shapeOf(values: Values): string {
  return isMatrix(values)
    ? `${values.length}×${values[0].length}`
    : String(typeof values === "object" ? values.length : "");
}
