import { expect, test } from "vitest";
import type { PlotData } from "./messages.ts";
import { plotter } from "./plot.ts";

const drawn: PlotData[] = [];
const plot = plotter((data) => drawn.push(data));

test("plot takes numbers in any container, and several series by name", () => {
  plot.bars([0.5, 0.25], { title: "p", x: ["cat", "dog"] });
  plot.line({ a: new Float32Array([1]), b: { data: [2] } });
  expect(drawn).toEqual([
    {
      mark: "bars",
      title: "p",
      points: [
        { series: "", x: "cat", y: 0.5 },
        { series: "", x: "dog", y: 0.25 },
      ],
    },
    {
      mark: "line",
      title: "",
      points: [
        { series: "a", x: 0, y: 1 },
        { series: "b", x: 0, y: 2 },
      ],
    },
  ]);
});

test("nothing to draw, or too much, is an error", () => {
  expect(() => plot.bars([])).toThrow("plot.bars: there are no numbers to draw.");
  expect(() => plot.line({})).toThrow("plot.line: there are no numbers to draw.");
  expect(() => plot.bars(3 as never)).toThrow("plot.bars: there are no numbers to draw.");
  expect(() => plot.line(new Float32Array(20_001))).toThrow("at most 20000 points, got 20001");
  expect(() => plot.bars({ a: "cat" as never })).toThrow("expected numbers");
});
