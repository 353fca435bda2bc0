/** The output of a running program. */
export type Output =
  /** The value of the expression statement with this index. */
  | { readonly kind: "value"; readonly index: number; readonly text: string }
  | { readonly kind: "log"; readonly level: LogLevel; readonly text: string }
  | { readonly kind: "plot"; readonly plot: PlotData };

export type LogLevel = "log" | "warn" | "error";

/** The data of a chart, which is drawn outside the sandbox. */
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

/** The end of a run. */
export type Outcome =
  | { readonly kind: "done"; readonly milliseconds: number }
  | { readonly kind: "failed"; readonly message: string; readonly line?: number }
  | { readonly kind: "timeout" }
  | { readonly kind: "stopped" };

/** A message from the worker to the page. */
export type Message =
  | { readonly type: "started" }
  | { readonly type: "output"; readonly output: Output }
  | { readonly type: "ended"; readonly outcome: Outcome };
