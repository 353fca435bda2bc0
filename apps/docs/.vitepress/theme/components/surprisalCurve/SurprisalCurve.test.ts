import { logSoftmax, softmax } from "@surprisal/core";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { useSite } from "../../../../test/openSite.ts";
import { formatNumber } from "../formatNumber.ts";
import { area, probabilityAt, surprisal, xOf, yOf } from "./curve.ts";

const site = useSite();
const path = "/tutorials/logits-probability-surprisal";
const curveOf = (page: Page) => page.getByRole("region", { name: "The curve of surprisal" });

test("the curve passes through 0 at p = 1, and a position on it has a probability", () => {
  expect(surprisal(1)).toBe(0);
  expect(Object.is(surprisal(1), 0)).toBe(true);
  expect(yOf(surprisal(1))).toBe(area.bottom);
  for (const p of [0.01, 0.37, 1]) expect(probabilityAt(xOf(p))).toBe(p);
  expect(probabilityAt(0)).toBe(0.01);
  expect(probabilityAt(1000)).toBe(1);
});

test("the surprisal at p = 0.2 is shown without JavaScript", async () => {
  const page = await site.open(path, { javaScriptEnabled: false });
  expect(await curveOf(page).locator(".nats").innerText()).toBe(formatNumber(-Math.log(0.2)));
  expect(await curveOf(page).locator(".bits").innerText()).toBe(formatNumber(-Math.log2(0.2)));
  await page.close();
});

test("the point follows the pointer and the keyboard", async () => {
  const page = await site.open(path);
  const figure = curveOf(page);
  const drawing = figure.locator("svg").first();
  await drawing.scrollIntoViewIfNeeded();
  const box = await drawing.boundingBox();
  if (box === null) throw new Error("There is no curve.");
  const at = (p: number) => box.x + (xOf(p) * box.width) / 400;
  await page.mouse.move(at(0.2), box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(at(0.5), box.y + box.height / 2, { steps: 3 });
  await page.mouse.up();
  expect(await figure.locator(".nats").innerText()).toBe(formatNumber(Math.LN2));
  await figure.getByRole("slider", { name: "p" }).press("End");
  expect(await figure.locator(".nats").innerText()).toBe("0");
  await page.close();
});

test("probability and surprisal of each class follow a logit", async () => {
  const page = await site.open(path);
  const figure = page.getByRole("region", { name: "From logits to surprisal" });
  await figure.getByRole("slider", { name: "Logit 0" }).press("End");
  const logits = [5, 1, 0];
  const shown = await figure.locator("figure .value").allInnerTexts();
  expect(shown).toEqual(
    [...softmax(logits), ...logSoftmax(logits).map((logProb) => -logProb)].map(formatNumber),
  );
  await page.close();
});
