import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  logPlace,
  powersOfTen,
  showPower,
} from "../.vitepress/theme/components/figures/logPlace.ts";
import {
  byKind,
  classesOf,
  promised,
  scaleOf,
  worst,
} from "../.vitepress/theme/components/measured/accuracies.ts";
import loader from "../.vitepress/theme/components/measured/results.data.ts";
import {
  choose,
  heat,
  isWrong,
  type Measured,
  ours,
  peers,
  type Recorded,
  ratios,
  rival,
  shapesOf,
} from "../.vitepress/theme/components/measured/results.ts";
import {
  showBytes,
  showRatio,
  showTime,
  showUlp,
} from "../.vitepress/theme/components/measured/show.ts";
import { useVisitor } from "./visitor.ts";

const results = loader.load();
const file = new URL(`../../../packages/bench/results/${results.file}`, import.meta.url);
const recorded: Recorded = JSON.parse(readFileSync(file, "utf8"));

const visitor = useVisitor();

const shapes = shapesOf(results, "speed");
const [firstShape] = shapes;
const lastShape = shapes[shapes.length - 1];

test("ratios are the rival's time over one's own, of the record as it is committed", () => {
  const times = recorded.results.filter(
    ({ section, operation, shape }) =>
      section === "speed" && operation === "crossEntropy" && shape.join("×") === lastShape,
  );
  const timeOf = (name: string) =>
    times.find(({ contestant }) => contestant === name)?.times.median ?? Number.NaN;
  const found = ratios(heat(results, "speed", "crossEntropy", lastShape));
  const own = found.find(({ contestant }) => contestant === ours);
  expect(own?.ratio).toBe(timeOf(rival) / timeOf(ours));
  expect(found.find(({ contestant }) => contestant === rival)?.ratio).toBe(1);
});

describe("a heat", () => {
  const { name: ownName } = results.contestants[0];
  const one = (contestant: string, time: number, wrong = false): Measured => ({
    section: "speed",
    operation: "softmax",
    shape: "1×2",
    elements: 2,
    contestant,
    time,
    wrong,
  });

  test("is compared with the rival of exactly that name, whoever else takes part", () => {
    const heat = [one(ownName, 5), one(`${rival}, AVX2`, 40), one(rival, 10), one("other", 20)];
    expect(ratios(heat)).toEqual([
      { contestant: ownName, ratio: 2 },
      { contestant: `${rival}, AVX2`, ratio: 0.25 },
      { contestant: rival, ratio: 1 },
      { contestant: "other", ratio: 0.5 },
    ]);
    expect(ratios(heat.filter(({ contestant }) => contestant !== rival))).toEqual([]);
  });

  test("with a wrong rival is compared with its time, and the rival itself has no rank", () => {
    const heat = [one(ownName, 5), one(rival, 10, true)];
    expect(ratios(heat)).toEqual([{ contestant: ownName, ratio: 2 }]);
    expect([isWrong(heat, rival), isWrong(heat, ownName)]).toEqual([true, false]);
  });
});

/** The heats of a section, and whether one contestant's answer is wrong there. */
function wrongHeats(section: string, contestant: string) {
  return results.measured.filter(
    (one) => one.section === section && one.contestant === contestant && one.wrong,
  );
}

test("a ratio to a wrong answer is marked, and so is a route to one", async () => {
  const page = await visitor.open("/guide/performance");
  const speeds = page.locator("table:has-text('× PyTorch') tr td:nth-child(3)");
  const marked = (cells: readonly string[]) => cells.filter((cell) => cell.endsWith("*")).length;
  const wrongRivals = wrongHeats("speed", rival).filter(({ operation, shape }) =>
    ratios(heat(results, "speed", operation, shape)).some((one) => one.contestant === ours),
  );
  expect(marked(await speeds.allInnerTexts())).toBe(wrongRivals.length);
  expect(await page.getByText("* PyTorch's own answer").count()).toBe(+(wrongRivals.length > 0));
  const routes = page.locator("table:has-text('softmax, log, NLL') td");
  const wrongRoutes = wrongHeats("routes", ours).length;
  expect(marked(await routes.allInnerTexts())).toBe(wrongRoutes);
  expect(await page.getByText("* By this route").count()).toBe(+(wrongRoutes > 0));
  await page.close();
});

test("peers are no loops of our own, and nobody who is wrong, and the fastest is first", () => {
  const times = heat(results, "speed", "softmax", firstShape);
  const kinds = new Map(results.contestants.map(({ name, kind }) => [name, kind]));
  const found = peers(results, times);
  expect(found.length).toBeGreaterThan(0);
  for (const { contestant } of found) {
    expect(kinds.get(contestant)).toBe("JavaScript");
    expect(contestant).not.toContain("plain");
  }
  expect(found[0].time).toBe(Math.min(...found.map(({ time }) => time)));
  const allWrong = times.map((one) => ({ ...one, wrong: true }));
  expect(peers(results, allWrong)).toEqual([]);
});

test("times, sizes and ratios are written with two digits", () => {
  expect([showTime(123), showTime(4567), showTime(3.39e6)]).toEqual(["120 ns", "4.6 µs", "3.4 ms"]);
  expect([showBytes(9819), showRatio(0.877)]).toEqual(["9.8 kB", "0.88×"]);
});

test("the bars of speed follow operation and shape", async () => {
  const page = await visitor.open("/guide/performance");
  const figure = page.getByRole("region", { name: "Speed beside the others" });
  await figure.getByRole("combobox", { name: "Operation" }).selectOption("logSoftmax");
  await figure.getByRole("combobox", { name: "Shape" }).selectOption(lastShape);
  const expected = ratios(heat(results, "speed", "logSoftmax", lastShape));
  expect(await figure.locator("li .label").allInnerTexts()).toEqual(
    expected.map(({ contestant }) => contestant),
  );
  expect(await figure.locator("li .value").allInnerTexts()).toEqual(
    expected.map(({ ratio }) => showRatio(ratio)),
  );
  await page.close();
});

test("a choice that the record lacks is its first", () => {
  expect(choose(lastShape, shapes)).toBe(lastShape);
  expect(choose("7×7", shapes)).toBe(firstShape);
});

test("our errors are within what we promise", () => {
  for (const [operation, limit = 0] of Object.entries(promised)) {
    for (const classes of classesOf(results)) {
      const own = worst(results, operation, classes).filter(({ contestant }) =>
        contestant.startsWith("Surprisal"),
      );
      expect(own.length).toBeGreaterThan(0);
      for (const { ulp } of own) expect(ulp).toBeLessThanOrEqual(limit);
    }
  }
});

test("on a logarithmic scale equal factors are equal distances", () => {
  expect(logPlace(1, [0.1, 1000])).toBeCloseTo(25);
  expect(logPlace(10, [0.1, 1000])).toBeCloseTo(50);
  expect([0, 1e9, Number.POSITIVE_INFINITY].map((v) => logPlace(v, [0.1, 1000]))).toEqual([
    0, 100, 100,
  ]);
  expect(powersOfTen([0.1, 1000])).toEqual([0.1, 1, 10, 100, 1000]);
  expect([0.1, 100, 1e4, 1e12].map(showPower)).toEqual(["0.1", "100", "10⁴", "10¹²"]);
  expect([0.51, 9999, 1.6e7, Number.POSITIVE_INFINITY].map(showUlp)).toEqual([
    "0.51",
    "9999",
    "1.6e7",
    "∞",
  ]);
});

test("the errors follow operation and classes, each where its logarithm is", async () => {
  const page = await visitor.open("/guide/accuracy");
  const figure = page.getByRole("region", { name: "The largest errors" });
  const classes = classesOf(results)[3];
  await figure.getByRole("combobox", { name: "Operation" }).selectOption("softmax");
  await figure.getByRole("combobox", { name: "Classes" }).selectOption(String(classes));
  const expected = worst(results, "softmax", classes);
  expect(await figure.locator("li .value").allInnerTexts()).toEqual(
    expected.map(({ ulp }) => showUlp(ulp)),
  );
  const scale = scaleOf(results, "softmax");
  const places = await figure
    .locator(".dot")
    .evaluateAll((dots) => dots.map((dot) => Number.parseFloat((dot as HTMLElement).style.left)));
  expected.forEach(({ ulp }, i) => {
    expect(places[i]).toBeCloseTo(logPlace(ulp, scale), 2);
  });
  expect(await figure.locator("figcaption").innerText()).toContain(String(promised.softmax));
  await page.close();
});

test("the errors by kind of row are shaded, the greatest darkest", async () => {
  const page = await visitor.open("/guide/accuracy");
  const grid = page.getByRole("region", { name: "Errors by kind of row" });
  await grid.getByRole("combobox", { name: "Operation" }).selectOption("logSoftmax");
  const { rows } = byKind(results, "logSoftmax");
  expect(await grid.locator("tbody tr").count()).toBe(rows.length);
  const cells = await grid.locator("tbody td").evaluateAll((all) =>
    all.map((cell) => ({
      text: (cell as HTMLElement).innerText,
      shade: Number.parseFloat((cell as HTMLElement).style.getPropertyValue("--shade")),
    })),
  );
  const ulps = rows.flatMap((row) => row.ulps);
  expect(cells.map(({ text }) => text)).toEqual(ulps.map(showUlp));
  const shades = cells.map(({ shade }) => shade);
  expect(shades[ulps.indexOf(Math.max(...ulps))]).toBe(Math.max(...shades));
  expect(Math.max(...shades)).toBeGreaterThan(20);
  expect(shades[ulps.findIndex((ulp) => ulp <= 1)]).toBe(0);
  await page.close();
});
