import { axisX, dot, gridX, gridY, lineY, plot } from "@observablehq/plot";
import { parseHTML } from "linkedom";

/** The style of a line, in the chart and in its legend. */
export interface LineStyle {
  readonly name: string;
  readonly colour: string;
  readonly dash: string;
}

export interface Line extends LineStyle {
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** The axes that several charts share, so that they can be compared. */
export interface Axes {
  readonly x: { readonly label: string; readonly sizes: readonly number[] };
  readonly y: { readonly label: string; readonly values: readonly number[] };
}

/**
 * Draws a line chart on two logarithmic scales, as the text of an SVG. It runs when the site is
 * built, so that pages do not load the plotting library.
 */
export function drawLines(lines: readonly Line[], axes: Axes): string {
  // Plot creates its elements in a document.
  const { document } = parseHTML("<html></html>");
  const sizes = [...axes.x.sizes];
  const low = Math.min(...axes.y.values) / 1.3;
  const high = Math.max(...axes.y.values) * 1.3;
  const ticks = powersOfTen(low, high);
  const chart = plot({
    document,
    width: 320,
    height: 240,
    marginTop: 28,
    marginRight: 20,
    marginLeft: 44,
    marginBottom: 36,
    style: { fontSize: "12px" },
    x: { type: "log", label: axes.x.label },
    y: { type: "log", label: axes.y.label, domain: [low, high], ticks, tickFormat: compact },
    marks: [
      // As `text`: with a tick format, a logarithmic scale labels only the powers of its base.
      axisX(sizes, { text: sizes.map(compact) }),
      gridX({ ticks: sizes }),
      gridY({ ticks }),
      ...lines.map(({ points, colour, dash }) =>
        lineY([...points], {
          x: "x",
          y: "y",
          stroke: colour,
          strokeWidth: 2,
          strokeDasharray: dash || undefined,
        }),
      ),
      ...lines.map(({ name, points, colour }) =>
        dot([...points], {
          x: "x",
          y: "y",
          fill: colour,
          r: 3,
          // The stroke makes the point large enough to be pointed at.
          stroke: "transparent",
          strokeWidth: 12,
          title: ({ x, y }) =>
            `${name}: ${axes.x.label} ${compact(x)}, ${precise(y)} ${axes.y.label}`,
        }),
      ),
    ],
  });
  // The page names the chart; its parts must not have names of their own.
  for (const part of chart.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label");
  return chart.outerHTML;
}

function powersOfTen(low: number, high: number): number[] {
  const first = Math.ceil(Math.log10(low));
  const last = Math.floor(Math.log10(high));
  return Array.from({ length: last - first + 1 }, (_, i) => Number(`1e${first + i}`));
}

/** Formats a value to three significant digits. */
function precise(value: number): string {
  return String(Number(value.toPrecision(3)));
}

const format = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

function compact(value: number): string {
  return value < 1e4 ? String(value) : format.format(value).replace("K", "k");
}
