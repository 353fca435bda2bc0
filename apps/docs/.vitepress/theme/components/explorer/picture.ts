import type { Bar } from "../figures/Bars.vue";
import { panelsOf } from "./panels.ts";
import {
  argumentsOf,
  givenOptions,
  labelsOf,
  lossOptions,
  type Settings,
  type Subject,
} from "./subject.ts";
import { listOf, partAt, pathsOf, rowsOf, shapeOf, type Values, valueAt } from "./values.ts";
import type { Chart, Results, Shown, View } from "./view.ts";

/** A figure for each panel. A panel without bars has none. */
export interface Figure {
  readonly title: string;
  readonly panels: readonly (readonly Bar[])[];
}

/** All figures and numbers for some settings. */
export interface Picture {
  /** The result of the call, if it is numbers. */
  readonly value?: Values;
  /** Otherwise, the results by the expression that follows `result`. */
  readonly results?: Results;
  readonly gradients: Readonly<Record<string, Values>>;
  readonly figures: readonly Figure[];
  /** The gradients of options, such as a bias. */
  readonly ofOptions: readonly { readonly title: string; readonly bars: readonly Bar[] }[];
  /** The loss or result of each row or sequence, if there is more than one. */
  readonly perRow: readonly Bar[];
  readonly perRowTitle: string;
  /** The figure that takes the place of the curve. */
  readonly chart?: Chart;
}

export function pictureOf(subject: Subject, settings: Settings): Picture {
  if (subject.api.kind !== "function") return lossPicture(subject, settings);
  return subject.view
    ? viewPicture(subject, subject.view, settings)
    : functionPicture(subject, settings);
}

/** Returns the picture of a result by the view that is made for its function. */
function viewPicture(subject: Subject, { show }: View, settings: Settings): Picture {
  const options = givenOptions(subject, settings);
  const args = argumentsOf(subject, settings);
  const result = subject.call(...args, options);
  const { results, bars, chart }: Shown = show(result, args, options);
  return {
    ...(results ? { results } : { value: result as Values }),
    gradients: {},
    figures: furtherFigures(subject, settings),
    ofOptions: [],
    perRow: bars?.bars ?? [],
    perRowTitle: bars?.title ?? "",
    chart,
  };
}

function functionPicture(subject: Subject, settings: Settings): Picture {
  const { api, call } = subject;
  const args = argumentsOf(subject, settings);
  const value = call(...args, givenOptions(subject, settings)) as Values;
  // A result without the shape of the input belongs to no row.
  const sameShape = String(shapeOf(value)) === String(shapeOf(args[0]));
  return {
    value,
    gradients: {},
    figures: [
      ...(sameShape ? [figureOf(subject, settings, api.name, api.name, value)] : []),
      ...furtherFigures(subject, settings),
    ],
    ofOptions: [],
    perRow: sameShape ? [] : barsOf(value, "Value"),
    perRowTitle: `${api.name} of each`,
  };
}

/** Returns a figure of values that have the shape of an argument. */
function figureOf(
  subject: Subject,
  settings: Settings,
  title: string,
  argument: string,
  values: Values,
): Figure {
  const panels = panelsOf(subject, settings).map((panel) => {
    const path = panel.partOf(argument, values);
    return path === undefined ? [] : barsOf(partAt(values, path));
  });
  return { title, panels };
}

function lossPicture(subject: Subject, settings: Settings): Picture {
  const { api, call } = subject;
  const args = argumentsOf(subject, settings);
  const options = lossOptions(subject, settings);
  if (call.valueAndGrad === undefined) throw new Error(`${api.name} is no loss.`);
  const { value, grad, grads } = call.valueAndGrad(...args, givenOptions(subject, settings));
  const gradients = grads ?? { [api.arguments[0]]: grad };
  const losses = call(...args, { ...options, reduction: "none" }) as Values;
  const isArgument = ([name]: [string, Values]) => api.arguments.includes(name);
  const titleOf = (name: string) => `Gradient with respect to ${name}`;
  return {
    value,
    gradients,
    figures: [
      ...furtherFigures(subject, settings),
      ...(api.kind === "class" && args.length === 2 ? [lossPerClass(subject, settings)] : []),
      ...(api.kind === "element"
        ? [figureOf(subject, settings, "Loss", api.arguments[0], losses)]
        : []),
      ...Object.entries(gradients)
        .filter(isArgument)
        .map(([name, gradient]) => figureOf(subject, settings, titleOf(name), name, gradient)),
    ],
    ofOptions: Object.entries(gradients)
      .filter((entry) => !isArgument(entry))
      .map(([name, gradient]) => ({ title: titleOf(name), bars: barsOf(gradient) })),
    perRow: api.kind === "element" ? [] : barsOf(losses, "Row"),
    perRowTitle: `${api.name} of each`,
  };
}

/** Returns the loss of each row for each class as its target. */
function lossPerClass(subject: Subject, settings: Settings): Figure {
  const [input, target] = argumentsOf(subject, settings);
  const options = { ...lossOptions(subject, settings), reduction: "sum" };
  return {
    title: "Loss if this class were the target",
    panels: panelsOf(subject, settings).map((panel, i) => {
      const row = rowsOf(input)[i];
      const losses = listOf(row).map((_, j) => subject.call(row, j, options) as number);
      const right = partAt(target, panel.partOf("target", target) ?? []);
      return barsOf(losses).map((bar, j) => ({ ...bar, marked: j === right }));
    }),
  };
}

/** Returns the results of other functions for the numbers of the sliders. */
function furtherFigures(subject: Subject, settings: Settings): Figure[] {
  const { api, also, transform } = subject;
  const x = settings.args[api.arguments[0]];
  const labels = api.kind === "function" ? labelsOf(api) : undefined;
  return [also, transform]
    .filter((one) => one !== undefined)
    .map(({ name, call }) => ({
      title: name,
      panels: panelsOf(subject, settings).map((panel, i) => {
        const path = api.kind === "batch" ? panel.partOf(api.arguments[0], x) : [];
        if (path === undefined) return [];
        const bars = barsOf(call(api.kind === "batch" ? x : rowsOf(x)[i]) as Values);
        if (labels === undefined) return bars;
        const label = partAt(
          settings.args[labels],
          panel.partOf(labels, settings.args[labels]) ?? [],
        );
        return bars.map((bar, j) => ({ ...bar, marked: j === label }));
      }),
    }));
}

/** Returns a bar for each number, whose label is its place, like that of its control. */
function barsOf(values: Values, of = ""): Bar[] {
  return pathsOf(values).map((path) => ({
    label: `${of} ${path.join(", ") || "0"}`.trim(),
    value: valueAt(values, path),
  }));
}
