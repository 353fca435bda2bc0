import { type Random, random } from "./random.ts";

/** A row of logits on which accuracy is measured. */
export interface GridRow {
  readonly name: string;
  readonly x: Float64Array;
}

/** The numbers of classes of the full grid. */
export const gridSizes = [1, 2, 3, 10, 1000, 50257, 131072];

const kinds: Record<string, (random: Random, classes: number) => (j: number) => number> = {
  "N(0,1)": (r) => () => r.normal(),
  "5 N(0,1)": (r) => () => 5 * r.normal(),
  "U[-80,0]": (r) => () => -80 * r.uniform(),
  ...Object.fromEntries(
    [100, -100, 1000, -1000, 1e6, 1e30].map((offset) => [
      `N(0,1) ${offset > 0 ? "+" : ""}${offset}`,
      (r: Random) => () => offset + r.normal(),
    ]),
  ),
  ...Object.fromEntries(
    [8, 12, 16, 20].map((gap) => [
      `dominating by ${gap}`,
      (r: Random, c: number) => dominating(r, c, gap),
    ]),
  ),
  ties: () => () => 3.25,
  "one-hot 1e4": (r, c) => {
    const hot = r.below(c);
    return (j) => (j === hot ? 1e4 : 0);
  },
  subnormal: (r) => () => r.normal() * 2 ** -140,
  "-inf among finite": (r) => (j) => (j % 3 === 1 ? Number.NEGATIVE_INFINITY : r.normal()),
};

/** Returns logits in which one class is `gap` above the approximate logSumExp of the others. */
function dominating(r: Random, classes: number, gap: number): (j: number) => number {
  const hot = r.below(classes);
  return (j) => (j === hot ? Math.log(classes) + gap : 0.1 * r.normal());
}

/** Returns the rows of the grid, rounded to the element type. They are the same in each run. */
export function gridRows(classes: number, element: "float32" | "float64"): GridRow[] {
  return Object.entries(kinds).map(([name, make], i) => {
    const next = make(random(1000 * classes + i), classes);
    const round = element === "float32" ? Math.fround : (value: number) => value;
    return { name, x: Float64Array.from({ length: classes }, (_, j) => round(next(j))) };
  });
}
