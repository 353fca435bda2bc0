import { gatherMethods, type Measurement, type Results, sizesOf } from "../results.ts";
import { drawLines, type LineStyle } from "./drawLines.ts";

/** Charts of time and memory over the number of rows, for both gather methods. */
export interface GatherCharts {
  readonly legend: readonly LineStyle[];
  readonly charts: readonly { readonly name: string; readonly svg: string }[];
}

const colours: Readonly<Record<string, string>> = {
  gather: "var(--figure-positive)",
  diagonal: "var(--figure-negative)",
};

export function drawGather({ measurements }: Results): GatherCharts {
  const found = measurements.filter(
    ({ section, implementation }) =>
      section === "gather" && implementation === gatherMethods.implementation,
  );
  const rowsOf = ({ shape }: Measurement) => sizesOf(shape)[0];
  const sizes = [...new Set(found.map(rowsOf))];
  const styles = Object.entries(gatherMethods.names).map(([operation, name]) => ({
    operation,
    name,
    colour: colours[operation],
    dash: "",
  }));
  const draw = (label: string, read: (one: Measurement) => number) =>
    drawLines(
      styles.map(({ operation, ...style }) => ({
        ...style,
        points: found
          .filter((one) => one.operation === operation)
          .map((one) => ({ x: rowsOf(one), y: read(one) })),
      })),
      { x: { label: "rows", sizes }, y: { label, values: found.map(read) } },
    );
  return {
    legend: styles.map(({ name, colour, dash }) => ({ name, colour, dash })),
    charts: [
      { name: "Time of a call", svg: draw("µs", ({ time }) => time / 1e3) },
      { name: "Memory that a call allocates", svg: draw("kB", ({ memory = 0 }) => memory / 1e3) },
    ],
  };
}
