import { baseline, operationNames, type Results, sizesOf, timePerElement } from "../results.ts";
import { drawLines, type Line, type LineStyle } from "./drawLines.ts";

export type GrowthSection = "growth of classes" | "growth of rows";

/** Charts of the time per element as one size grows: one per operation, with a common legend. */
export interface Growth {
  readonly title: string;
  readonly legend: readonly LineStyle[];
  readonly charts: readonly { readonly name: string; readonly svg: string }[];
}

export function drawGrowth({ measurements }: Results, section: GrowthSection): Growth {
  const found = measurements.filter((one) => one.section === section && !one.wrong);
  const axis = section === "growth of rows" ? 0 : 1;
  const sizes = distinct(found.map(({ shape }) => sizesOf(shape)[axis]));
  const axes = {
    x: { label: ["rows", "classes"][axis], sizes },
    y: { label: "ns per element", values: found.map(timePerElement) },
  };
  const legend = distinct(found.map(({ implementation }) => implementation)).map(styleOf);
  const linesOf = (operation: string): Line[] =>
    legend.map((style) => ({
      ...style,
      points: found
        .filter((one) => one.operation === operation && one.implementation === style.name)
        .map((one) => ({ x: sizesOf(one.shape)[axis], y: timePerElement(one) })),
    }));
  const charts = distinct(found.map(({ operation }) => operation)).map((operation) => ({
    name: operationNames[operation] ?? operation,
    svg: drawLines(linesOf(operation), axes),
  }));
  return { title: titleOf(found[0]?.shape ?? "", axis, sizes), legend, charts };
}

function titleOf(shape: string, axis: number, sizes: readonly number[]): string {
  const range = `${Math.min(...sizes)} to ${Math.max(...sizes)}`;
  const [rows, classes] = sizesOf(shape);
  return axis === 0 ? `${range} rows of ${classes} classes` : `${rows} rows of ${range} classes`;
}

const colours: Readonly<Record<string, string>> = {
  "Surprisal relaxed": "var(--figure-positive)",
  "Surprisal simd": "var(--figure-third)",
  "Surprisal js": "var(--vp-c-text-2)",
  [baseline]: "var(--figure-negative)",
};

/** The dashes of variants, by what follows the implementation's name. */
const dashes: Readonly<Record<string, string>> = {
  "": "",
  ", allocated": "2 5",
  ", 2 threads": "9 5",
  ", allocated, 2 threads": "9 5 1 5",
};

/** Returns the style of a line. A variant, such as "…, allocated", has dashes and keeps the colour. */
export function styleOf(name: string): LineStyle {
  const base = Object.keys(colours).find((one) => name === one || name.startsWith(`${one}, `));
  if (base === undefined) return { name, colour: "var(--vp-c-text-1)", dash: "" };
  return { name, colour: colours[base], dash: dashes[name.slice(base.length)] ?? "2 5" };
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
