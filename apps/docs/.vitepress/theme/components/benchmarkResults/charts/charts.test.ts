import { describe, expect, test } from "vitest";
import { useSite } from "../../../../../test/openSite.ts";
import loader from "../results.data.ts";
import {
  baseline,
  gatherMethods,
  type Measurement,
  operationNames,
  timePerElement,
} from "../results.ts";
import gatherLoader from "./gather.data.ts";
import growthLoader from "./growth.data.ts";
import { styleOf } from "./growth.ts";

const { measurements } = loader.load();

const site = useSite();

/** Returns the points of a chart, line by line. */
function pointsOf(svg: string): { x: number; y: number }[] {
  return [...svg.matchAll(/<circle[^>]*>/g)].map(([circle]) => ({
    x: Number(circle.match(/cx="([^"]+)"/)?.[1]),
    y: Number(circle.match(/cy="([^"]+)"/)?.[1]),
  }));
}

/** Expects positions to be linear in the logarithms of values, with a slope of the given sign. */
function expectLogarithmic(positions: readonly number[], values: readonly number[], sign: 1 | -1) {
  expect(positions.length).toBe(values.length);
  const logs = values.map(Math.log);
  const low = logs.indexOf(Math.min(...logs));
  const high = logs.indexOf(Math.max(...logs));
  const slope = (positions[high] - positions[low]) / (logs[high] - logs[low]);
  expect(Math.sign(slope)).toBe(sign);
  positions.forEach((position, i) => {
    expect(position).toBeCloseTo(positions[low] + slope * (logs[i] - logs[low]), 1);
  });
}

/** Returns the measurements in the order of the lines. */
function byLine(
  found: readonly Measurement[],
  lines: readonly string[],
  lineOf: (one: Measurement) => string,
) {
  return lines.flatMap((line) => found.filter((one) => lineOf(one) === line));
}

describe.each([
  ["growth of classes", 1],
  ["growth of rows", 0],
] as const)("the charts of the %s", (section, axis) => {
  const { charts, legend } = growthLoader.load()[section];
  const found = measurements.filter((one) => one.section === section && !one.wrong);
  const implementations = [...new Set(found.map(({ implementation }) => implementation))];
  const operations = [...new Set(found.map(({ operation }) => operation))];

  test("have a line for each implementation", () => {
    expect(legend.map(({ name }) => name)).toEqual(implementations);
    expect(charts.map(({ name }) => name)).toEqual(operations.map((one) => operationNames[one]));
    const looks = new Set(legend.map(({ colour, dash }) => `${colour} ${dash}`));
    expect(looks.size).toBe(legend.length);
  });

  test.each(charts)("of $name: every point is at its value in the record", ({ name, svg }) => {
    const all = found.filter(({ operation }) => operationNames[operation] === name);
    const shown = byLine(all, implementations, ({ implementation }) => implementation);
    const points = pointsOf(svg);
    const sizes = shown.map(({ shape }) => Number(shape.split("×")[axis]));
    expectLogarithmic(
      points.map(({ y }) => y),
      shown.map(timePerElement),
      -1,
    );
    expectLogarithmic(
      points.map(({ x }) => x),
      sizes,
      1,
    );
  });

  test("are in the page, with their names and numbers", async () => {
    const page = await site.open("/guide/performance");
    const figure = page.getByRole("region", { name: growthLoader.load()[section].title });
    for (const { name } of charts) {
      const chart = figure.getByRole("img", { name: `: ${name}`, exact: false });
      expect(await chart.first().locator("circle").count()).toBeGreaterThan(0);
    }
    // The last circle is on top of those that it overlaps.
    const circle = figure.locator("svg:has(circle)").first().locator("circle").last();
    const title = (await circle.textContent()) ?? "";
    await circle.hover();
    const shown = await figure.locator(".reading").innerText();
    const matches = found.filter(
      (point) =>
        title.startsWith(`${point.implementation}: `) &&
        title.includes(` ${Number(timePerElement(point).toPrecision(3))} `) &&
        shown.includes(point.implementation) &&
        shown.includes(String(Number(timePerElement(point).toPrecision(3)))),
    );
    expect(matches.length, `${title} / ${shown}`).toBeGreaterThan(0);
    await figure.getByText("As a table").click();
    const cells = await figure.locator("tbody tr:has(td)").first().locator("td").allInnerTexts();
    const first = found.filter(
      ({ operation, implementation }) =>
        operation === operations[0] && implementation === implementations[0],
    );
    expect(cells.slice(1).map(Number)).toEqual(
      first.map((one) => Number(timePerElement(one).toPrecision(2))),
    );
    await page.close();
  });
});

test("a variant is dashed and has the colour of the implementation that it varies", () => {
  const [base, variant, unrelated] = [baseline, `${baseline}, AVX2`, "another"].map(styleOf);
  expect(variant.colour).toBe(base.colour);
  expect([base.dash, variant.dash]).toEqual(["", "2 5"]);
  expect(unrelated.colour).not.toBe(base.colour);
});

test("the charts of one value per row show time and memory of both methods", () => {
  const { charts, legend } = gatherLoader.load();
  const all = measurements.filter(
    ({ section, implementation }) =>
      section === "gather" && implementation === gatherMethods.implementation,
  );
  const shown = byLine(all, Object.keys(gatherMethods.names), ({ operation }) => operation);
  expect(legend.map(({ name }) => name)).toEqual(Object.values(gatherMethods.names));
  const [time, memory] = charts.map(({ svg }) => pointsOf(svg).map(({ y }) => y));
  expectLogarithmic(
    time,
    shown.map((one) => one.time),
    -1,
  );
  expectLogarithmic(
    memory,
    shown.map((one) => one.memory ?? Number.NaN),
    -1,
  );
});
