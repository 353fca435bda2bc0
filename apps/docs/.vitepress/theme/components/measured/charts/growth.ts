import { operationNames, perElement, type Results, rival, sizesOf } from "../results.ts";
import { drawLines, type Line, type LineStyle } from "./drawLines.ts";

export type GrowthSection = "growth of classes" | "growth of rows";

/** How the time per element grows: a chart for each operation, and what their lines are. */
export interface Growth {
  readonly title: string;
  readonly legend: readonly LineStyle[];
  readonly charts: readonly { readonly name: string; readonly svg: string }[];
}

export function drawGrowth({ measured }: Results, section: GrowthSection): Growth {
  const found = measured.filter((one) => one.section === section && !one.wrong);
  const grown = section === "growth of rows" ? 0 : 1;
  const sizes = distinct(found.map(({ shape }) => sizesOf(shape)[grown]));
  const axes = {
    x: { label: ["rows", "classes"][grown], sizes },
    y: { label: "ns per element", values: found.map(perElement) },
  };
  const legend = distinct(found.map(({ contestant }) => contestant)).map(styleOf);
  const linesOf = (operation: string): Line[] =>
    legend.map((style) => ({
      ...style,
      points: found
        .filter((one) => one.operation === operation && one.contestant === style.name)
        .map((one) => ({ x: sizesOf(one.shape)[grown], y: perElement(one) })),
    }));
  const charts = distinct(found.map(({ operation }) => operation)).map((operation) => ({
    name: operationNames[operation] ?? operation,
    svg: drawLines(linesOf(operation), axes),
  }));
  return { title: titleOf(found[0]?.shape ?? "", grown, sizes), legend, charts };
}

function titleOf(shape: string, grown: number, sizes: readonly number[]): string {
  const range = `${Math.min(...sizes)} to ${Math.max(...sizes)}`;
  const [rows, classes] = sizesOf(shape);
  return grown === 0 ? `${range} rows of ${classes} classes` : `${rows} rows of ${range} classes`;
}

const colours: Readonly<Record<string, string>> = {
  "Surprisal relaxed": "var(--figure-positive)",
  "Surprisal simd": "var(--figure-third)",
  "Surprisal js": "var(--vp-c-text-2)",
  [rival]: "var(--figure-negative)",
};

/** A variant, "…, allocated" for example, has the colour of what it varies, and a dashed line. */
export function styleOf(name: string): LineStyle {
  const base = Object.keys(colours).find((one) => name === one || name.startsWith(`${one}, `));
  if (base === undefined) return { name, colour: "var(--vp-c-text-1)", dashed: false };
  return { name, colour: colours[base], dashed: base !== name };
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
