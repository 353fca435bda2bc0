/** What a program shows while it runs. */
export type Output =
  /** The value of an expression that stands by itself; `index` is its place in the program's expressions. */
  | { readonly kind: "value"; readonly index: number; readonly text: string }
  | { readonly kind: "log"; readonly level: LogLevel; readonly text: string }
  | { readonly kind: "plot"; readonly plot: PlotData };

export type LogLevel = "log" | "warn" | "error";

/** A chart as data: it is drawn outside the sandbox. */
export interface PlotData {
  readonly mark: "bars" | "line";
  readonly title: string;
  readonly points: readonly PlotPoint[];
}

export interface PlotPoint {
  readonly series: string;
  readonly x: number | string;
  readonly y: number;
}

/** How a run ended. */
export type Outcome =
  | { readonly kind: "done"; readonly milliseconds: number }
  | { readonly kind: "failed"; readonly message: string; readonly line?: number }
  | { readonly kind: "timeout" }
  | { readonly kind: "stopped" };

/** What the worker tells the page. */
export type Message =
  | { readonly type: "started" }
  | { readonly type: "output"; readonly output: Output }
  | { readonly type: "ended"; readonly outcome: Outcome };
