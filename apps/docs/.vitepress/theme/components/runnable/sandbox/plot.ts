import type { PlotData, PlotPoint } from "./messages.ts";

type Numbers = ArrayLike<number> | { readonly data: ArrayLike<number> };

/** One series of numbers, or several by name. */
type Series = Numbers | Readonly<Record<string, Numbers>>;

interface PlotOptions {
  title?: string;
  /** The label of each number; by default 0, 1, 2, … */
  x?: ArrayLike<number | string>;
}

const most = 20_000;

/** Returns the function `plot` for programs, which passes its data to `draw`. */
export function plotter(draw: (plot: PlotData) => void) {
  const make = (mark: PlotData["mark"]) => {
    return (values: Series, { title = "", x }: PlotOptions = {}) => {
      const points = pointsOf(mark, values, x);
      if (points.length === 0) throw new RangeError(`plot.${mark}: there are no numbers to draw.`);
      if (points.length > most) {
        throw new RangeError(`plot.${mark}: at most ${most} points, got ${points.length}.`);
      }
      draw({ mark, title: String(title), points });
    };
  };
  return { bars: make("bars"), line: make("line") };
}

function pointsOf(mark: string, values: Series, x: PlotOptions["x"]): PlotPoint[] {
  const all = numbersOf(values);
  const series: [string, ArrayLike<number> | undefined][] = all
    ? [["", all]]
    : Object.entries(values ?? {}).map(([name, numbers]) => [name, numbersOf(numbers)]);
  return series.flatMap(([name, numbers]) => {
    if (numbers === undefined) {
      throw new TypeError(`plot.${mark}: expected numbers, or series of numbers by their names.`);
    }
    return Array.from(numbers, (y, i) => ({ series: name, x: x?.[i] ?? i, y: Number(y) }));
  });
}

/** Returns the numbers of an array or a tensor. */
function numbersOf(value: unknown): ArrayLike<number> | undefined {
  if (Array.isArray(value)) return value.flat(Number.POSITIVE_INFINITY);
  if (ArrayBuffer.isView(value)) return value as Float64Array;
  if (typeof value === "object" && value !== null && "data" in value) return numbersOf(value.data);
  return undefined;
}
