import { readFileSync } from "node:fs";
import type { BenchmarkRecord } from "@surprisal/bench/record";
import { describe, expect, test } from "vitest";
import { useSite } from "../../../../test/openSite.ts";
import { formatPower, logPosition, powersOfTen } from "../figures/logPosition.ts";
import { formatBytes, formatRatio, formatTime, formatUlp } from "../formatQuantity.ts";
import { classesOf, errorBounds, errorScale, maxErrors, maxErrorsByKind } from "./accuracy.ts";
import loader from "./results.data.ts";
import {
  baseline,
  isWrong,
  type Measurement,
  measurementsOf,
  ours,
  peers,
  preferredChoice,
  sectionOperations,
  shapesOf,
  speedups,
} from "./results.ts";

const results = loader.load();
const file = new URL(`../../../../../../packages/bench/results/${results.file}`, import.meta.url);
const record: BenchmarkRecord = JSON.parse(readFileSync(file, "utf8"));

const site = useSite();

const shapes = shapesOf(results, "speed");
const [firstShape] = shapes;
const lastShape = shapes[shapes.length - 1];

test("a speedup is the baseline's time over an implementation's, of the committed record", () => {
  const times = record.results.filter(
    ({ section, operation, shape }) =>
      section === "speed" && operation === "crossEntropy" && shape.join("×") === lastShape,
  );
  const timeOf = (name: string) =>
    times.find(({ implementation }) => implementation === name)?.times.median ?? Number.NaN;
  const found = speedups(measurementsOf(results, "speed", "crossEntropy", lastShape));
  const own = found.find(({ implementation }) => implementation === ours);
  expect(own?.ratio).toBe(timeOf(baseline) / timeOf(ours));
  expect(found.find(({ implementation }) => implementation === baseline)?.ratio).toBe(1);
});

describe("the measurements of a case", () => {
  const { name: ownName } = results.implementations[0];
  const one = (implementation: string, time: number, wrong = false): Measurement => ({
    section: "speed",
    operation: "softmax",
    shape: "1×2",
    elements: 2,
    implementation,
    time,
    wrong,
  });

  test("are compared with the implementation that has exactly the name of the baseline", () => {
    const measurements = [
      one(ownName, 5),
      one(`${baseline}, AVX2`, 40),
      one(baseline, 10),
      one("other", 20),
    ];
    expect(speedups(measurements)).toEqual([
      { implementation: ownName, ratio: 2 },
      { implementation: `${baseline}, AVX2`, ratio: 0.25 },
      { implementation: baseline, ratio: 1 },
      { implementation: "other", ratio: 0.5 },
    ]);
    expect(speedups(measurements.filter((m) => m.implementation !== baseline))).toEqual([]);
  });

  test("are compared with the time of a wrong baseline, which itself is left out", () => {
    const measurements = [one(ownName, 5), one(baseline, 10, true)];
    expect(speedups(measurements)).toEqual([{ implementation: ownName, ratio: 2 }]);
    expect([isWrong(measurements, baseline), isWrong(measurements, ownName)]).toEqual([
      true,
      false,
    ]);
  });
});

/** Returns the measurements of a section in which an implementation's answer is wrong. */
function wrongMeasurements(section: string, implementation: string) {
  return results.measurements.filter(
    (one) => one.section === section && one.implementation === implementation && one.wrong,
  );
}

test("a ratio to a wrong answer is marked, and so is a route with a wrong answer", async () => {
  const page = await site.open("/guide/performance");
  const speeds = page.locator("table:has-text('× PyTorch') tr td:nth-child(3)");
  const marked = (cells: readonly string[]) => cells.filter((cell) => cell.endsWith("*")).length;
  const wrongBaselines = Object.keys(sectionOperations).map(
    (section) =>
      wrongMeasurements(section, baseline).filter(
        ({ operation, shape }) =>
          operation in sectionOperations[section] &&
          speedups(measurementsOf(results, section, operation, shape)).some(
            (one) => one.implementation === ours,
          ),
      ).length,
  );
  const sum = wrongBaselines.reduce((a, b) => a + b, 0);
  expect(marked(await speeds.allInnerTexts())).toBe(sum);
  const differences = await page.getByText("† The gradient is a difference").count();
  const ownWrong = Object.keys(sectionOperations).filter((section) =>
    wrongMeasurements(section, ours).some(
      ({ operation }) => operation in sectionOperations[section],
    ),
  );
  expect(differences).toBe(ownWrong.length);
  // Where our answer is wrong, PyTorch's is, too.
  for (const section of ownWrong) {
    for (const { operation, shape } of wrongMeasurements(section, ours)) {
      expect(isWrong(measurementsOf(results, section, operation, shape), baseline)).toBe(true);
    }
  }
  const notes = wrongBaselines.filter((count) => count > 0).length;
  expect(await page.getByText("* PyTorch's answer").count()).toBe(notes);
  const routes = page.locator("table:has-text('softmax, log, NLL') td");
  const wrongRoutes = wrongMeasurements("routes", ours).length;
  expect(marked(await routes.allInnerTexts())).toBe(wrongRoutes);
  expect(await page.getByText("* This route gives").count()).toBe(+(wrongRoutes > 0));
  await page.close();
});

test("peers are libraries with a right answer, the fastest first", () => {
  const measurements = measurementsOf(results, "speed", "softmax", firstShape);
  const kinds = new Map(results.implementations.map(({ name, kind }) => [name, kind]));
  const found = peers(results, measurements);
  expect(found.length).toBeGreaterThan(0);
  for (const { implementation } of found) {
    expect(kinds.get(implementation)).toBe("JavaScript");
    expect(implementation).not.toContain("plain");
  }
  expect(found[0].time).toBe(Math.min(...found.map(({ time }) => time)));
  const allWrong = measurements.map((one) => ({ ...one, wrong: true }));
  expect(peers(results, allWrong)).toEqual([]);
});

test("times, sizes and ratios have two significant digits", () => {
  expect([formatTime(123), formatTime(4567), formatTime(3.39e6)]).toEqual([
    "120 ns",
    "4.6 µs",
    "3.4 ms",
  ]);
  expect([formatBytes(9819), formatRatio(0.877)]).toEqual(["9.8 kB", "0.88×"]);
});

test("the bars of speed follow the selected operation and shape", async () => {
  const page = await site.open("/guide/performance");
  const figure = page.getByRole("region", { name: "Speed beside the others" });
  await figure.getByRole("combobox", { name: "Operation" }).selectOption("logSoftmax");
  await figure.getByRole("combobox", { name: "Shape" }).selectOption(lastShape);
  const expected = speedups(measurementsOf(results, "speed", "logSoftmax", lastShape));
  expect(await figure.locator("li .label").allInnerTexts()).toEqual(
    expected.map(({ implementation }) => implementation),
  );
  expect(await figure.locator("li .value").allInnerTexts()).toEqual(
    expected.map(({ ratio }) => formatRatio(ratio)),
  );
  await page.close();
});

test("a choice that the record lacks falls back to the first", () => {
  expect(preferredChoice(lastShape, shapes)).toBe(lastShape);
  expect(preferredChoice("7×7", shapes)).toBe(firstShape);
});

test("our errors are within the documented bounds", () => {
  for (const [operation, limit = 0] of Object.entries(errorBounds)) {
    for (const classes of classesOf(results)) {
      const own = maxErrors(results, operation, classes).filter(({ implementation }) =>
        implementation.startsWith("Surprisal"),
      );
      expect(own.length).toBeGreaterThan(0);
      for (const { ulp } of own) expect(ulp).toBeLessThanOrEqual(limit);
    }
  }
});

test("on a logarithmic scale equal factors are equal distances", () => {
  expect(logPosition(1, [0.1, 1000])).toBeCloseTo(25);
  expect(logPosition(10, [0.1, 1000])).toBeCloseTo(50);
  expect([0, 1e9, Number.POSITIVE_INFINITY].map((v) => logPosition(v, [0.1, 1000]))).toEqual([
    0, 100, 100,
  ]);
  expect(powersOfTen([0.1, 1000])).toEqual([0.1, 1, 10, 100, 1000]);
  expect([0.1, 100, 1e4, 1e12].map(formatPower)).toEqual(["0.1", "100", "10⁴", "10¹²"]);
  expect([0.51, 9999, 1.6e7, Number.POSITIVE_INFINITY].map(formatUlp)).toEqual([
    "0.51",
    "9999",
    "1.6e7",
    "∞",
  ]);
});

test("the errors follow the selected operation and classes, on a logarithmic scale", async () => {
  const page = await site.open("/guide/accuracy");
  const figure = page.getByRole("region", { name: "The largest errors" });
  const classes = classesOf(results)[3];
  await figure.getByRole("combobox", { name: "Operation" }).selectOption("softmax");
  await figure.getByRole("combobox", { name: "Classes" }).selectOption(String(classes));
  const expected = maxErrors(results, "softmax", classes);
  expect(await figure.locator("li .value").allInnerTexts()).toEqual(
    expected.map(({ ulp }) => formatUlp(ulp)),
  );
  const scale = errorScale(results, "softmax");
  const positions = await figure
    .locator(".dot")
    .evaluateAll((dots) => dots.map((dot) => Number.parseFloat((dot as HTMLElement).style.left)));
  expected.forEach(({ ulp }, i) => {
    expect(positions[i]).toBeCloseTo(logPosition(ulp, scale), 2);
  });
  expect(await figure.locator("figcaption").innerText()).toContain(String(errorBounds.softmax));
  await page.close();
});

test("the errors by kind of row are shaded, the largest darkest", async () => {
  const page = await site.open("/guide/accuracy");
  const grid = page.getByRole("region", { name: "Errors by kind of row" });
  await grid.getByRole("combobox", { name: "Operation" }).selectOption("logSoftmax");
  const { rows } = maxErrorsByKind(results, "logSoftmax");
  expect(await grid.locator("tbody tr").count()).toBe(rows.length);
  const cells = await grid.locator("tbody td").evaluateAll((all) =>
    all.map((cell) => ({
      text: (cell as HTMLElement).innerText,
      shade: Number.parseFloat((cell as HTMLElement).style.getPropertyValue("--shade")),
    })),
  );
  const ulps = rows.flatMap((row) => row.ulps);
  expect(cells.map(({ text }) => text)).toEqual(ulps.map(formatUlp));
  const shades = cells.map(({ shade }) => shade);
  expect(shades[ulps.indexOf(Math.max(...ulps))]).toBe(Math.max(...shades));
  expect(Math.max(...shades)).toBeGreaterThan(20);
  expect(shades[ulps.findIndex((ulp) => ulp <= 1)]).toBe(0);
  await page.close();
});
