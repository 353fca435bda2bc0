import { crossEntropy } from "@surprisal/losses";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { alphabet, simplify, tokensOf } from "../../../../models/nextCharacter/alphabet.ts";
import { logitsOf } from "../../../../models/nextCharacter/model.ts";
import { guesses, score } from "../../../../models/nextCharacter/score.ts";
import { text } from "../../../../models/nextCharacter/text.ts";
import { useSite } from "../../../../test/openSite.ts";
import { formatNumber } from "../formatNumber.ts";
import loader from "./model.data.ts";

const model = loader.load();
const learned = simplify(text);

describe("the model", () => {
  test("knows its text better than chance, and than the frequencies of letters", () => {
    const { loss } = score(model, learned);
    const counts = [...alphabet].map((character) => learned.split(character).length - 1);
    const entropy = counts
      .filter((count) => count > 0)
      .map((count) => count / learned.length)
      .reduce((sum, p) => sum - p * Math.log(p), 0);
    expect(entropy).toBeLessThan(Math.log(alphabet.length));
    expect(loss).toBeLessThan(0.7 * entropy);
  });

  test("looks at the characters before, not at those after", () => {
    const one = logitsOf(model, tokensOf("the rabbit"));
    const other = logitsOf(model, tokensOf("the rabbis"));
    const last = one.length - alphabet.length;
    expect(one.slice(0, last)).toEqual(other.slice(0, last));
    expect(one.slice(last)).not.toEqual(other.slice(last));
  });

  test("its surprisals add up to the loss, and its guesses are probabilities", () => {
    const { characters, loss, perplexity } = score(model, "the rabbit");
    const nats = characters.map(({ bits }) => bits * Math.LN2);
    expect(nats.reduce((a, b) => a + b) / nats.length).toBeCloseTo(loss, 6);
    expect(perplexity).toBe(Math.exp(loss));
    const all = guesses(model, "the rabbit", 3, alphabet.length);
    expect(all.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
    const space = all.find(({ character }) => character === " ");
    expect(-Math.log2(space?.probability ?? 0)).toBeCloseTo(characters[3].bits, 5);
  });

  test("a text is brought into its alphabet", () => {
    expect(simplify("  Oh dear!  I — 7 shall\nbe late?")).toBe("oh dear. i shall be late.");
    expect(tokensOf("a z.")).toEqual([1, 0, 26, 28]);
  });
});

describe("on the page", () => {
  const site = useSite();

  function open(javaScriptEnabled = true): Promise<Page> {
    return site.open("/tutorials/score-a-language-model", { javaScriptEnabled });
  }

  const figureOf = (page: Page) => page.getByRole("region", { name: "A language model" });

  async function shows(page: Page, typed: string) {
    const { characters, loss, perplexity } = score(model, simplify(typed));
    const figure = figureOf(page);
    expect(await figure.locator(".bits").allInnerTexts()).toEqual(
      characters.map(({ bits }) => bits.toFixed(1)),
    );
    expect(await figure.locator(".loss").innerText()).toBe(formatNumber(loss));
    expect(await figure.locator(".perplexity").innerText()).toBe(formatNumber(perplexity));
  }

  test("a text is scored without JavaScript", async () => {
    const page = await open(false);
    await shows(page, "alice was very tired.");
    await page.close();
  });

  test("what is typed is scored, and the guesses follow the position", async () => {
    const page = await open();
    await page.getByRole("textbox", { name: "Text" }).fill("Down, down, DOWN!");
    await shows(page, "Down, down, DOWN!");
    const slider = figureOf(page).getByRole("slider", { name: "Position" });
    for (let i = 0; i < 2; i++) await slider.press("ArrowRight");
    const expected = guesses(model, "down, down, down.", 2, 6);
    const bars = figureOf(page).locator("figure");
    expect(await bars.locator(".value").allInnerTexts()).toEqual(
      expected.map(({ probability }) => formatNumber(probability)),
    );
    await page.close();
  });

  test("nothing to score is said, and no error", async () => {
    const page = await open();
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    await page.getByRole("textbox", { name: "Text" }).fill("123");
    await figureOf(page).getByText("Type some letters.").waitFor();
    await page.getByRole("textbox", { name: "Text" }).fill("a");
    await shows(page, "a");
    expect(errors).toEqual([]);
    await page.close();
  });

  test("the page's uniform cost is that of a model that knows nothing", () => {
    expect(crossEntropy(new Array(alphabet.length).fill(0), 0) / Math.LN2).toBeCloseTo(4.86, 2);
  });
});
