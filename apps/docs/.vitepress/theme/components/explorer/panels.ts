import { argumentsOf, type Settings, type Subject } from "./subject.ts";
import { type Path, rowsOf, shapeOf, type Values } from "./values.ts";

/** The places of the numbers: panels of rows, a table of many rows, or a panel for each argument. */
export type Layout = "rows" | "table" | "arguments";

/** The most rows that have panels of their own. */
const mostPanels = 3;

export function layoutOf({ api, view }: Subject, { args }: Settings): Layout {
  if (api.kind === "batch" || view?.program) return "arguments";
  return rowsOf(args[api.arguments[0]]).length > mostPanels ? "table" : "rows";
}

/** A group of controls and figures: a row of all arguments, or one argument. */
export interface Panel {
  readonly title: string;
  /** Returns the path of the part of an argument, or of its gradient, that the panel shows. */
  partOf(argument: string, values: Values): Path | undefined;
}

export function panelsOf(subject: Subject, settings: Settings): Panel[] {
  const { api } = subject;
  if (layoutOf(subject, settings) === "arguments") {
    return api.arguments.map((name) => ({
      title: name,
      partOf: (argument) => (argument === name ? [] : undefined),
    }));
  }
  const [input] = argumentsOf(subject, settings);
  const rows = rowsOf(input);
  return rows.map((_, row) => ({
    title: rows.length > 1 ? `Row ${row}` : "Numbers",
    partOf: (_, values) => (rows.length > 1 ? rowPath(subject, input, values, row) : []),
  }));
}

/** Returns the path of a row. What an argument of lower rank holds belongs to all rows or to one each. */
function rowPath({ api }: Subject, input: Values, values: Values, row: number): Path {
  const { length: rank } = shapeOf(values);
  const count = rowsOf(input).length;
  // In a loss of elements, axes are aligned from the last: a vector is repeated in each row.
  const isShared = rank === 0 || (api.kind === "element" && rank < shapeOf(input).length);
  if (isShared) return [];
  const size = (values as readonly Values[]).length;
  return size === count ? [row] : size === 1 ? [0] : [];
}
