import { barY, plot as draw, lineY, ruleY } from "@observablehq/plot";
import type { PlotData } from "./sandbox/messages.ts";
import "../figures/figures.css";

/** Draws the plot of a program in the width of its container. */
export function drawPlot({ mark, points }: PlotData, width: number): SVGElement | HTMLElement {
  const data = [...points];
  const series = new Set(data.map((point) => point.series));
  const several = series.size > 1;
  const channels = { x: "x", y: "y" };
  const colour = several ? "series" : "var(--figure-positive)";
  return draw({
    width: Math.max(280, Math.min(width, 640)),
    height: 220,
    marginLeft: 52,
    style: { background: "none", fontSize: "12px" },
    x: { label: null, ...(mark === "bars" && { type: "band", ticks: ticksOf(data) }) },
    y: { label: null, grid: true, nice: true },
    color: { legend: several, domain: [...series], range: colours },
    marks: [
      ruleY([0]),
      mark === "bars"
        ? barY(data, { ...channels, fill: colour, inset: 0.5 })
        : lineY(data, { ...channels, z: "series", stroke: colour, strokeWidth: 2 }),
    ],
  });
}

/** The colours of the figures, then others that are easy to distinguish from them. */
const colours = [
  "var(--figure-positive)",
  "var(--figure-negative)",
  "#7a6fd0",
  "#b08a00",
  "#c2548f",
  "#6b7f8c",
];

/** Returns the bars that have a label: about twelve at most. */
function ticksOf(points: PlotData["points"]): (number | string)[] {
  const names = [...new Set(points.map(({ x }) => x))];
  const step = Math.ceil(names.length / 12);
  return names.filter((_, i) => i % step === 0);
}
