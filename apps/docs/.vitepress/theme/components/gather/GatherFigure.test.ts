import { nllLoss } from "@surprisal/losses";
import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { useSite } from "../../../../test/openSite.ts";
import { formatNumber } from "../formatNumber.ts";
import { gathered, lossesOf, makeBatch } from "./batch.ts";
import { cellsOf } from "./cells.ts";

const site = useSite();

function openTutorial(javaScriptEnabled = true): Promise<Page> {
  return site.open("/tutorials/why-log-softmax-and-nll", { javaScriptEnabled });
}

const figureOf = (page: Page) => page.getByRole("region", { name: "The gathered matrix" });

/** Returns the numbers of values and bytes that the figure shows for both methods. */
function amounts(figure: Locator): Promise<string[]> {
  return figure.locator("li .value").allInnerTexts();
}

test("the diagonal of the gathered matrix is the negative of nllLoss", () => {
  const batch = makeBatch(256);
  const rows = Array.from(batch.targets, (_, i) => batch.logProbs.data.subarray(4 * i, 4 * i + 4));
  const losses = rows.map((row, i) => nllLoss(row, batch.targets[i]));
  expect(rows.map((_, i) => gathered(batch, i, i))).toEqual(losses.map((loss) => -loss));
  expect([...lossesOf(batch)]).toEqual(losses);
  expect(new Set(batch.targets).size).toBe(4);
});

test("a cell is a value, or the mean of a block if there are many rows", () => {
  const small = makeBatch(8);
  const { row, column, value } = cellsOf(small)[13];
  expect([row, column, value]).toEqual([1, 5, gathered(small, 1, 5)]);

  const large = makeBatch(64);
  const cells = cellsOf(large);
  const block = [gathered(large, 2, 6), gathered(large, 2, 7), gathered(large, 3, 6)];
  const sum = block.reduce((a, b) => a + b, gathered(large, 3, 7));
  expect(cells.length).toBe(32 * 32);
  expect(cells[32 + 3].value).toBeCloseTo(sum / 4, 12);
  expect([cells[32 + 3].wanted, cells[33].wanted]).toEqual([0, 1 / 2]);
});

test("eight rows with marked losses are shown without JavaScript", async () => {
  const page = await openTutorial(false);
  const figure = figureOf(page);
  const batch = makeBatch(8);
  const shown = await figure.locator("text.wanted").allTextContents();
  expect(shown).toEqual(Array.from(lossesOf(batch), (loss) => `−${loss.toFixed(2)}`));
  expect(await figure.locator("rect.wanted").count()).toBe(8);
  expect(await amounts(figure)).toEqual(["8", "64", "32 B", "256 B"]);
  await page.close();
});

test("with more rows the number of values grows quadratically, and the loss is the library's", async () => {
  const page = await openTutorial();
  const figure = figureOf(page);
  const slider = figure.getByRole("slider", { name: "Batch N" });
  for (let i = 0; i < 3; i++) await slider.press("ArrowRight");
  expect(await slider.getAttribute("aria-valuetext")).toBe("64");
  expect(await amounts(figure)).toEqual(["64", "4,096", "256 B", "16 kB"]);
  const { logProbs, targets } = makeBatch(64);
  expect(await figure.locator("strong").innerText()).toBe(formatNumber(nllLoss(logProbs, targets)));
  expect(await figure.getByRole("img", { name: "64 × 64 values" }).locator("text").count()).toBe(0);
  await page.close();
});

test("the mouse selects the largest batch and a single row", async () => {
  const page = await openTutorial();
  const figure = figureOf(page);
  const slider = figure.getByRole("slider", { name: "Batch N" });
  const drag = async (side: "left" | "right") => {
    await slider.scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await slider.boundingBox()) ?? {
      x: 0,
      y: 0,
      width: 0,
      height: 0,
    };
    const middle = y + height / 2;
    await page.mouse.move(x + width / 2, middle);
    await page.mouse.down();
    await page.mouse.move(side === "left" ? x - 20 : x + width + 20, middle, { steps: 4 });
    await page.mouse.up();
  };
  await drag("right");
  expect(await amounts(figure)).toEqual(["4,096", "16,777,216", "16 kB", "67 MB"]);
  await drag("left");
  expect(await amounts(figure)).toEqual(["1", "1", "4 B", "4 B"]);
  expect(await figure.locator("text.wanted").count()).toBe(1);
  await page.close();
});
