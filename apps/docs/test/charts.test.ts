import { describe, expect, test } from "vitest";
import gatherLoader from "../.vitepress/theme/components/measured/charts/gather.data.ts";
import growthLoader from "../.vitepress/theme/components/measured/charts/growth.data.ts";
import { styleOf } from "../.vitepress/theme/components/measured/charts/growth.ts";
import loader from "../.vitepress/theme/components/measured/results.data.ts";
import {
  gatherWays,
  type Measured,
  operationNames,
  perElement,
  rival,
} from "../.vitepress/theme/components/measured/results.ts";
import { useVisitor } from "./visitor.ts";

const { measured } = loader.load();

const visitor = useVisitor();

/** Where the points of a chart lie, in its order: from line to line. */
function pointsOf(svg: string): { x: number; y: number }[] {
  return [...svg.matchAll(/<circle[^>]*>/g)].map(([circle]) => ({
    x: Number(circle.match(/cx="([^"]+)"/)?.[1]),
    y: Number(circle.match(/cy="([^"]+)"/)?.[1]),
  }));
}

/** Expects that places go with the logarithms of values, in one direction and evenly. */
function expectLogarithmic(places: readonly number[], values: readonly number[], sign: 1 | -1) {
  expect(places.length).toBe(values.length);
  const logs = values.map(Math.log);
  const low = logs.indexOf(Math.min(...logs));
  const high = logs.indexOf(Math.max(...logs));
  const slope = (places[high] - places[low]) / (logs[high] - logs[low]);
  expect(Math.sign(slope)).toBe(sign);
  places.forEach((place, i) => {
    expect(place).toBeCloseTo(places[low] + slope * (logs[i] - logs[low]), 1);
  });
}

/** What was measured, line by line. */
function byLine(
  found: readonly Measured[],
  lines: readonly string[],
  lineOf: (one: Measured) => string,
) {
  return lines.flatMap((line) => found.filter((one) => lineOf(one) === line));
}

describe.each([
  ["growth of classes", 1],
  ["growth of rows", 0],
] as const)("the charts of the %s", (section, axis) => {
  const { charts, legend } = growthLoader.load()[section];
  const found = measured.filter((one) => one.section === section && !one.wrong);
  const contestants = [...new Set(found.map(({ contestant }) => contestant))];
  const operations = [...new Set(found.map(({ operation }) => operation))];

  test("have a line for everyone who took part", () => {
    expect(legend.map(({ name }) => name)).toEqual(contestants);
    expect(charts.map(({ name }) => name)).toEqual(operations.map((one) => operationNames[one]));
    const looks = new Set(legend.map(({ colour, dashed }) => `${colour} ${dashed}`));
    expect(looks.size).toBe(legend.length);
  });

  test.each(charts)("of $name: every point where the record has it", ({ name, svg }) => {
    const all = found.filter(({ operation }) => operationNames[operation] === name);
    const shown = byLine(all, contestants, ({ contestant }) => contestant);
    const points = pointsOf(svg);
    const sizes = shown.map(({ shape }) => Number(shape.split("×")[axis]));
    expectLogarithmic(
      points.map(({ y }) => y),
      shown.map(perElement),
      -1,
    );
    expectLogarithmic(
      points.map(({ x }) => x),
      sizes,
      1,
    );
  });

  test("stand in the page, with their names and their numbers", async () => {
    const page = await visitor.open("/guide/performance");
    const figure = page.getByRole("region", { name: growthLoader.load()[section].title });
    for (const { name } of charts) {
      const chart = figure.getByRole("img", { name: `: ${name}`, exact: false });
      expect(await chart.first().locator("circle").count()).toBeGreaterThan(0);
    }
    await figure.getByText("As a table").click();
    const cells = await figure.locator("tbody tr:has(td)").first().locator("td").allInnerTexts();
    const first = found.filter(
      ({ operation, contestant }) => operation === operations[0] && contestant === contestants[0],
    );
    expect(cells.slice(1).map(Number)).toEqual(
      first.map((one) => Number(perElement(one).toPrecision(2))),
    );
    await page.close();
  });
});

test("a variant has the colour of what it varies, and a dashed line", () => {
  const [rivals, variant, stranger] = [rival, `${rival}, AVX2`, "another"].map(styleOf);
  expect(variant.colour).toBe(rivals.colour);
  expect([rivals.dashed, variant.dashed]).toEqual([false, true]);
  expect(stranger.colour).not.toBe(rivals.colour);
});

test("the charts of one value per row show time and memory of both ways", () => {
  const { charts, legend } = gatherLoader.load();
  const all = measured.filter(
    ({ section, contestant }) => section === "gather" && contestant === gatherWays.contestant,
  );
  const shown = byLine(all, Object.keys(gatherWays.names), ({ operation }) => operation);
  expect(legend.map(({ name }) => name)).toEqual(Object.values(gatherWays.names));
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
