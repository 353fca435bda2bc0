import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { byKind, worst } from "../.vitepress/theme/components/measured/accuracies.ts";
import loader from "../.vitepress/theme/components/measured/results.data.ts";
import {
  bestPeer,
  heat,
  type Recorded,
  ratios,
  rival,
} from "../.vitepress/theme/components/measured/results.ts";
import { showBytes, showRatio, showTime } from "../.vitepress/theme/components/measured/show.ts";
import { sendVisitor, type Visitor } from "./visitor.ts";

const results = loader.load();
const file = new URL(`../../../packages/bench/results/${results.file}`, import.meta.url);
const recorded: Recorded = JSON.parse(readFileSync(file, "utf8"));

let visitor: Visitor;

beforeAll(async () => {
  visitor = await sendVisitor();
}, 60_000);

afterAll(async () => {
  await visitor?.close();
});

test("ratios are the rival's time over one's own, of the record as it is committed", () => {
  const times = recorded.results.filter(
    ({ section, operation, shape }) =>
      section === "speed" && operation === "crossEntropy" && shape.join("×") === "32×32000",
  );
  const timeOf = (name: string) =>
    times.find(({ contestant }) => contestant === name)?.times.median ?? Number.NaN;
  const found = ratios(heat(results, "speed", "crossEntropy", "32×32000"));
  const own = found.find(({ contestant }) => contestant === "Surprisal relaxed");
  expect(own?.ratio).toBe(timeOf(rival) / timeOf("Surprisal relaxed"));
  expect(found.find(({ contestant }) => contestant === rival)?.ratio).toBe(1);
});

test("the best peer is no loop of our own, and nobody who is wrong", () => {
  const times = heat(results, "speed", "softmax", "65536×10");
  expect(bestPeer(results, times)?.contestant).toBe("TensorFlow.js wasm");
  const allWrong = times.map((one) => ({ ...one, wrong: true }));
  expect(bestPeer(results, allWrong)).toBeUndefined();
});

test("times, sizes and ratios are written with two digits", () => {
  expect([showTime(123), showTime(4567), showTime(3.39e6)]).toEqual(["120 ns", "4.6 µs", "3.4 ms"]);
  expect([showBytes(9819), showRatio(0.877)]).toEqual(["9.8 kB", "0.88×"]);
});

test("the bars of speed follow operation and shape", async () => {
  const page = await visitor.open("/guide/performance");
  const figure = page.getByRole("region", { name: "Speed beside the others" });
  await figure.getByRole("combobox", { name: "Operation" }).selectOption("logSoftmax");
  await figure.getByRole("combobox", { name: "Shape" }).selectOption("16×128256");
  const expected = ratios(heat(results, "speed", "logSoftmax", "16×128256"));
  expect(await figure.locator("li .label").allInnerTexts()).toEqual(
    expected.map(({ contestant }) => contestant),
  );
  expect(await figure.locator("li .value").allInnerTexts()).toEqual(
    expected.map(({ ratio }) => showRatio(ratio)),
  );
  await page.close();
});

test("the figures of accuracy follow operation and classes", async () => {
  const page = await visitor.open("/guide/accuracy");
  const bars = page.getByRole("region", { name: "The largest errors" });
  await bars.getByRole("combobox", { name: "Operation" }).selectOption("softmax");
  await bars.getByRole("combobox", { name: "Classes" }).selectOption("10");
  expect(await bars.locator("li .value").allInnerTexts()).toEqual(
    worst(results, "softmax", 10).map(({ ulp }) => String(ulp)),
  );

  const grid = page.getByRole("region", { name: "Errors by kind of row" });
  await grid.getByRole("combobox", { name: "Operation" }).selectOption("logSoftmax");
  const { rows } = byKind(results, "logSoftmax");
  expect(await grid.locator("tbody tr").count()).toBe(rows.length);
  expect(await grid.locator("tbody tr").first().locator("td").first().innerText()).toBe(
    String(rows[0].ulps[0]),
  );
  await page.close();
});
