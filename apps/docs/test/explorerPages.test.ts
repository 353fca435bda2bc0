import { readFileSync } from "node:fs";
import * as core from "@surprisal/core";
import { logSoftmax, softmax } from "@surprisal/core";
import * as evaluation from "@surprisal/evaluation";
import * as language from "@surprisal/language";
import * as losses from "@surprisal/losses";
import { crossEntropy, nllLoss } from "@surprisal/losses";
import { holds, runExample } from "@surprisal/testing";
import { parseHTML } from "linkedom";
import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { formatNumber } from "../.vitepress/theme/components/formatNumber.ts";
import { folder } from "../server/site.ts";
import { useSite } from "./openSite.ts";
import { functions, isFunctionPage, paths, samplePages } from "./paths.ts";

const logits = [
  [2, 1, 0],
  [0, 3, 1],
];

const site = useSite();

/** Opens a page and waits for its explorer, which is mounted after the page. */
async function open(path: string, options?: BrowserContextOptions): Promise<Page> {
  const page = await site.open(path, options);
  if (options?.javaScriptEnabled === false) return page;
  await page.waitForFunction(() => {
    const button = document.querySelector(".explorer button");
    const symbols = button === null ? [] : Object.getOwnPropertySymbols(button);
    return symbols.some(({ description }) => description === "_vei");
  });
  return page;
}

const explorerOf = (page: Page) => page.getByRole("region", { name: /^Explorer of/ });
const rowOf = (page: Page, row: number) =>
  explorerOf(page).getByRole("group", { name: `Row ${row}` });

/** Returns the numbers of the figure with this title. */
async function bars(page: Page, row: number, title: string): Promise<string[]> {
  const caption = page.locator("figcaption", { hasText: new RegExp(`^${title}`) });
  const figure = rowOf(page, row).locator("figure").filter({ has: caption });
  return figure.locator(".value").allInnerTexts();
}

const shownValue = (page: Page) => explorerOf(page).locator(".result strong").innerText();

/** Runs the code that is shown, and returns its false claims. */
async function wrongClaims(page: Page) {
  return wrongIn(await codeOf(page));
}

const codeOf = (page: Page) => explorerOf(page).locator("pre").innerText();

async function wrongIn(code: string) {
  const modules = {
    "@surprisal/core": core,
    "@surprisal/evaluation": evaluation,
    "@surprisal/language": language,
    "@surprisal/losses": losses,
  };
  const claims = await runExample({ line: 1, code }, modules);
  expect(claims.length).toBeGreaterThan(0);
  return claims.filter((claim) => !holds(claim));
}

const shown = (values: readonly number[]) => values.map(formatNumber);

test("the initial numbers are shown without JavaScript", async () => {
  const page = await open("/losses/crossEntropy", { javaScriptEnabled: false });
  expect(await shownValue(page)).toBe(formatNumber(crossEntropy(logits, [0, 1])));
  expect(await bars(page, 0, "softmax")).toEqual(shown(softmax(logits[0])));
  await page.close();
});

describe("the explorer of crossEntropy", () => {
  let page: Page;
  beforeAll(async () => {
    page = await open("/losses/crossEntropy");
  });
  afterEach(() => explorerOf(page).getByRole("button", { name: "Reset" }).click());
  afterAll(() => page.close());

  test("all figures and the code follow a logit that is moved by keyboard", async () => {
    const slider = rowOf(page, 1).getByRole("slider", { name: "Class 0" });
    for (let i = 0; i < 5; i++) await slider.press("ArrowRight");
    const moved = [logits[0], [0.5, 3, 1]];
    const { value, grad } = crossEntropy.valueAndGrad(moved, [0, 1]);
    expect(await bars(page, 1, "softmax")).toEqual(shown(softmax(moved[1])));
    expect(await bars(page, 1, "Loss if this class were the target")).toEqual(
      shown([0, 1, 2].map((j) => crossEntropy(moved[1], j))),
    );
    expect(await bars(page, 1, "Gradient")).toEqual(shown(grad[1]));
    expect(await bars(page, 0, "Gradient")).toEqual(shown(grad[0]));
    expect(await shownValue(page)).toBe(formatNumber(value));
    expect(await explorerOf(page).locator("pre").innerText()).toContain("[0.5, 3, 1]");
    expect(await wrongClaims(page)).toEqual([]);
  });

  test("the figures follow each option of a class loss", async () => {
    const options = explorerOf(page).getByRole("group", { name: "Options" });
    await options.getByRole("slider", { name: "labelSmoothing" }).press("End");
    await options.getByRole("slider", { name: "weight 1" }).fill("2");
    await options.getByRole("combobox", { name: "reduction" }).selectOption("sum");
    await options.getByRole("textbox", { name: "gradOutput" }).fill("3");
    const given = {
      labelSmoothing: 1,
      weight: [1, 2, 1],
      reduction: "sum",
      gradOutput: 3,
    } as const;
    const { value, grad } = crossEntropy.valueAndGrad(logits, [0, 1], given);
    expect(await shownValue(page)).toBe(formatNumber(value));
    expect(await bars(page, 0, "Gradient")).toEqual(shown(grad[0]));
    expect(await wrongClaims(page)).toEqual([]);

    await explorerOf(page).getByRole("button", { name: "Reset" }).click();
    expect(await shownValue(page)).toBe(formatNumber(crossEntropy(logits, [0, 1])));
  });

  test("the reduction none shows each loss", async () => {
    await explorerOf(page).getByRole("combobox", { name: "reduction" }).selectOption("none");
    const each = explorerOf(page).locator("figure", { hasText: "crossEntropy of each" });
    expect(await each.locator(".value").allInnerTexts()).toEqual(
      shown(crossEntropy(logits, [0, 1], { reduction: "none" })),
    );
    expect(await explorerOf(page).locator(".result strong").count()).toBe(0);
    expect(await wrongClaims(page)).toEqual([]);
  });

  test("an option out of range shows the error of the library", async () => {
    await explorerOf(page).getByRole("textbox", { name: "ignoreIndex" }).fill("0.5");
    expect(await explorerOf(page).locator(".error").innerText()).toBe(
      "crossEntropy.valueAndGrad: ignoreIndex must be a whole number, got 0.5.",
    );
  });

  test("the curve is over the number that was moved last", async () => {
    const curve = explorerOf(page).locator("figure.curve");
    await rowOf(page, 1).getByRole("slider", { name: "Class 2" }).fill("4");
    const { value, grad } = crossEntropy.valueAndGrad([logits[0], [0, 3, 4]], [0, 1]);
    expect(await curve.innerText()).toContain("Row 1, Class 2");
    expect(await curve.locator(".value").allInnerTexts()).toEqual(shown([value, grad[1][2]]));
    const path = await curve.locator("path.line").first().getAttribute("d");
    expect(path?.split("L")).toHaveLength(81);
  });
});

test("the figures follow a logit that is moved by mouse", async () => {
  const page = await open("/functions/softmax");
  const slider = rowOf(page, 0).getByRole("slider", { name: "x 0" });
  await slider.scrollIntoViewIfNeeded();
  const box = await slider.boundingBox();
  if (box === null) throw new Error("The slider is not on show.");
  await page.mouse.click(box.x + box.width / 4, box.y + box.height / 2);
  const x = Number(await slider.inputValue());
  expect(x).toBeLessThan(0);
  expect(await bars(page, 0, "softmax")).toEqual(shown(softmax([x, 1, 0])));
  await page.close();
});

test("ignored targets and whenEmpty have their effects", async () => {
  const page = await open("/losses/nllLoss");
  for (const row of [0, 1]) {
    await rowOf(page, row).getByRole("combobox", { name: "target" }).selectOption("-100, ignored");
  }
  expect(await shownValue(page)).toBe("NaN");
  await explorerOf(page).getByRole("combobox", { name: "whenEmpty" }).selectOption("zero");
  expect(await shownValue(page)).toBe("0");
  await rowOf(page, 1).getByRole("combobox", { name: "target" }).selectOption("class 2");
  expect(await shownValue(page)).toBe(formatNumber(nllLoss(logSoftmax(logits[1]), 2)));
  expect(await wrongClaims(page)).toEqual([]);
  await page.close();
});

test("the figures follow axis and temperature of a function", async () => {
  const page = await open("/functions/softmax");
  await explorerOf(page).getByRole("combobox", { name: "axis" }).selectOption("0");
  await explorerOf(page).getByRole("slider", { name: "temperature" }).fill("2");
  const expected = softmax(logits, { axis: 0, temperature: 2 });
  expect(await bars(page, 1, "softmax")).toEqual(shown(expected[1]));
  expect(await wrongClaims(page)).toEqual([]);
  await page.close();
});

test("the code can be copied", async () => {
  const page = await open("/losses/crossEntropy", { permissions: ["clipboard-write"] });
  await explorerOf(page).getByRole("button", { name: "Copy" }).click();
  await explorerOf(page).getByRole("button", { name: "Copied" }).waitFor();
  await page.close();
});

test("a page leads to the reference, and the reference back", async () => {
  const page = await open("/losses/crossEntropy");
  const main = page.getByRole("main");
  await main.getByRole("link", { name: "the reference of crossEntropy" }).click();
  await page.waitForURL("**/reference/**");
  await main.getByRole("link", { name: "Explained, and to try out" }).click();
  await page.waitForURL("**/losses/crossEntropy");
  await page.close();
});

/** Returns whether a control and the figure of the explorer are on the screen of a laptop, uncovered. */
function areInView(page: Page, control: Awaited<ReturnType<Locator["elementHandle"]>>) {
  return page.evaluate((element) => {
    const figure = document.querySelector(".explorer .stage");
    return [figure, element].every((each) => {
      const box = each?.getBoundingClientRect();
      if (!box || box.top < 0 || box.bottom > innerHeight) return false;
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      return each?.contains(document.elementFromPoint(x, y)) ?? false;
    });
  }, control);
}

/** The pages of losses, and of functions that an explorer can show. */
const explored = paths
  .filter((path) => isFunctionPage(path) || /^\/(language|evaluation)\/./.test(path))
  .map((path) => ({ path, name: path.split("/").at(-1) ?? "" }))
  .filter(({ name }) => functions.some((one) => one.name === name && !name.endsWith("Backward")));

test("all losses have a page with an explorer, and all functions with options", () => {
  // These compute the gradients of other functions, which have the explorers.
  const named = functions
    .map(({ name }) => name)
    .filter((name) => !name.endsWith("Backward") && name !== "partialGradient");
  expect(explored.map(({ name }) => name).sort()).toEqual(named.sort());
});

describe.each(explored)("$path", ({ path, name }) => {
  const { document } = parseHTML(readFileSync(`${folder}${path}.html`, "utf8"));
  const main = document.querySelector("main");

  test("has all that a page has, before JavaScript runs", async () => {
    const headings = Array.from(main?.querySelectorAll("h2") ?? [], ({ textContent }) =>
      textContent.replace(/[^\w ]/g, "").trim(),
    );
    expect(headings).toEqual(
      expect.arrayContaining(["Formula", "Options", "Edge cases", "Sources", "Related"]),
    );
    expect(await wrongIn(main?.querySelector(".explorer pre")?.textContent ?? "")).toEqual([]);
  });

  test("has a link to its reference, and the reference one to it", () => {
    const hrefs = Array.from(main?.querySelectorAll("a") ?? [], (a) => a.getAttribute("href"));
    const reference = hrefs.find((href) => href?.match(/^\/reference\/.*\/(\w+)$/)?.[1] === name);
    const include = `<!--@include: …/apps/docs/reference/options/${name}.md-->`;
    expect(reference, `the link that ${include} gives the page`).toBeDefined();
    const html = readFileSync(`${folder}${reference}.html`, "utf8");
    expect(html).toContain(`<a href="${path}">Explained, and to try out</a>`);
  });
});

// Explorers are made from the types: one loss or function of each kind stands for the others.
describe.each(explored.filter(({ path }) => samplePages().has(path)))("$path", ({ path }) => {
  test("has an explorer that follows its first slider, with the figure in view", async () => {
    const page = await open(path);
    for (const slider of [
      explorerOf(page).getByRole("slider").first(),
      explorerOf(page).getByRole("slider").last(),
    ]) {
      await slider.focus();
      expect(await areInView(page, await slider.elementHandle())).toBe(true);
    }
    const before = await codeOf(page);
    await explorerOf(page).getByRole("slider").first().press("ArrowRight");
    await expect.poll(() => codeOf(page)).not.toBe(before);
    expect(await explorerOf(page).locator(".error").count()).toBe(0);
    expect(await wrongClaims(page)).toEqual([]);
    await page.close();
  });
});
