import { crossEntropy } from "@surprisal/losses";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { alphabet } from "../../../../models/nextCharacter/alphabet.ts";
import { normalize, score, topCharacters } from "../../../../models/nextCharacter/index.ts";
import { useSite } from "../../../../test/openSite.ts";
import { formatNumber } from "../formatNumber.ts";
import loader from "./model.data.ts";

const model = loader.load();

const site = useSite();

function open(javaScriptEnabled = true): Promise<Page> {
  return site.open("/tutorials/score-a-language-model", { javaScriptEnabled });
}

const figureOf = (page: Page) => page.getByRole("region", { name: "A language model" });

/** Expects the figure to show the score of a text. */
async function expectScore(page: Page, typed: string) {
  const { characters, loss, perplexity } = score(model, normalize(typed));
  const figure = figureOf(page);
  expect(await figure.locator(".bits").allInnerTexts()).toEqual(
    characters.map(({ bits }) => bits.toFixed(1)),
  );
  expect(await figure.locator(".loss").innerText()).toBe(formatNumber(loss));
  expect(await figure.locator(".perplexity").innerText()).toBe(formatNumber(perplexity));
}

test("a text is scored without JavaScript", async () => {
  const page = await open(false);
  await expectScore(page, "alice was very tired.");
  await page.close();
});

test("a text that is typed is scored, and the bars follow the position", async () => {
  const page = await open();
  await page.getByRole("textbox", { name: "Text" }).fill("Down, down, DOWN!");
  await expectScore(page, "Down, down, DOWN!");
  await figureOf(page).getByText("The model reads “down, down, down.”.").waitFor();
  const slider = figureOf(page).getByRole("slider", { name: "Position" });
  for (let i = 0; i < 2; i++) await slider.press("ArrowRight");
  const expected = topCharacters(model, "down, down, down.", 2, 6);
  const bars = figureOf(page).locator("figure");
  expect(await bars.locator(".value").allInnerTexts()).toEqual(
    expected.map(({ probability }) => formatNumber(probability)),
  );
  await page.close();
});

test("a text without letters gets a hint and no error", async () => {
  const page = await open();
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  await page.getByRole("textbox", { name: "Text" }).fill("123");
  await figureOf(page).getByText("Type some letters from a to z.").waitFor();
  await page.getByRole("textbox", { name: "Text" }).fill("a");
  await expectScore(page, "a");
  expect(errors).toEqual([]);
  await page.close();
});

test("uniform probabilities cost the 4.86 bits that the tutorial mentions", () => {
  expect(crossEntropy(new Array(alphabet.length).fill(0), 0) / Math.LN2).toBeCloseTo(4.86, 2);
});
