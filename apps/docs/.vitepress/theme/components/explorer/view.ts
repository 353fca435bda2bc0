import type { Bin } from "@surprisal/evaluation";
import type { Bar } from "../figures/Bars.vue";
import type { Line } from "./curve.ts";
import type { Values } from "./values.ts";

/** A figure of a whole result. It takes the place of the curve. */
export type Chart =
  | { readonly is: "bars"; readonly title: string; readonly bars: readonly Bar[] }
  | { readonly is: "reliability"; readonly bins: readonly Bin[] }
  /** Counts by true class (row) and predicted class (column). */
  | { readonly is: "confusion"; readonly counts: readonly (readonly number[])[] }
  | ({ readonly is: "curve" } & CurveData);

/** Lines over one number, and its current value. */
export interface CurveData {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly range: readonly [low: number, high: number];
  readonly at: { readonly x: number; readonly values: readonly number[] };
  readonly xLabel: string;
  readonly yLabel: string;
}

/** Results by the expression that follows `result` in the code, `.temperature` for example. */
export type Results = Readonly<Record<string, Values | string>>;

/** The parts of a result that a page shows. */
export interface Shown {
  /** The results of the code, if the function returns more than numbers. */
  readonly results?: Results;
  readonly bars?: { readonly title: string; readonly bars: readonly Bar[] };
  readonly chart?: Chart;
}

/** A program of several calls that is explored instead of one call. */
export interface Program {
  readonly arguments: readonly string[];
  /** The names that it imports. */
  readonly imports: readonly string[];
  run(...args: Values[]): unknown;
  /** Returns its lines, which declare `result`. */
  write(...args: Values[]): string[];
}

/** The part of an explorer that is made for one function. */
export interface View {
  readonly program?: Program;
  show(result: unknown, args: readonly Values[], options: Readonly<Record<string, unknown>>): Shown;
}

/** The functions of a package that a page explores, and their views by name. */
export interface ExploredPackage {
  readonly functions: Readonly<Record<string, unknown>>;
  readonly views: Readonly<Record<string, View>>;
}
