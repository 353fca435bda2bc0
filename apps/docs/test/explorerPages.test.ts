import { readFileSync } from "node:fs";
import * as core from "@surprisal/core";
import { logSoftmax, softmax } from "@surprisal/core";
import * as losses from "@surprisal/losses";
import { crossEntropy, nllLoss } from "@surprisal/losses";
import { holds, runExample } from "@surprisal/testing";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { formatNumber } from "../.vitepress/theme/components/formatNumber.ts";
import { type Site, serveSite } from "../server/site.ts";
import { openBrowser } from "./browser.ts";

const axe = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const paths = [
  "/functions/softmax",
  "/functions/logSoftmax",
  "/functions/logSumExp",
  "/functions/logAddExp",
  "/functions/sigmoid",
  "/functions/logSigmoid",
  "/functions/softplus",
  "/losses/crossEntropy",
  "/losses/nllLoss",
];
const logits = [
  [2, 1, 0],
  [0, 3, 1],
];

let site: Site;
let browser: Browser;

beforeAll(async () => {
  site = await serveSite();
  browser = await openBrowser();
}, 60_000);

afterAll(async () => {
  await browser?.close();
  site?.close();
});

interface Opening {
  readonly javaScriptEnabled?: boolean;
  readonly colorScheme?: "dark" | "light";
}

async function open(path: string, opening: Opening = {}): Promise<Page> {
  const context = await browser.newContext({ permissions: ["clipboard-write"], ...opening });
  const page = await context.newPage();
  await page.goto(site.url + path);
  if (opening.javaScriptEnabled !== false) {
    // The explorer is mounted after the page.
    await page.waitForFunction(() => {
      const button = document.querySelector(".explorer button");
      const symbols = button === null ? [] : Object.getOwnPropertySymbols(button);
      return symbols.some(({ description }) => description === "_vei");
    });
  }
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
  const code = await explorerOf(page).locator("pre").innerText();
  const modules = { "@surprisal/core": core, "@surprisal/losses": losses };
  const claims = await runExample({ line: 1, code }, modules);
  expect(claims.length).toBeGreaterThan(0);
  return claims.filter((claim) => !holds(claim));
}

const shown = (values: readonly number[]) => values.map(formatNumber);

test("the initial numbers are shown without JavaScript", async () => {
  const page = await open("/losses/crossEntropy", { javaScriptEnabled: false });
  expect(await shownValue(page)).toBe(formatNumber(crossEntropy(logits, [0, 1])));
  expect(await bars(page, 0, "softmax")).toEqual(shown(softmax(logits[0])));
  await page.context().close();
});

test("all figures and the code follow a logit that is moved by keyboard", async () => {
  const page = await open("/losses/crossEntropy");
  const slider = rowOf(page, 1).getByRole("slider", { name: "Class 0" });
  for (let i = 0; i < 5; i++) await slider.press("ArrowRight");
  const moved = [logits[0], [0.5, 3, 1]];
  const { value, grad } = crossEntropy.valueAndGrad(moved, [0, 1]);
  expect(await bars(page, 1, "softmax")).toEqual(shown(softmax(moved[1])));
  expect(await bars(page, 1, "Loss, were this class the target")).toEqual(
    shown([0, 1, 2].map((j) => crossEntropy(moved[1], j))),
  );
  expect(await bars(page, 1, "Gradient")).toEqual(shown(grad[1]));
  expect(await bars(page, 0, "Gradient")).toEqual(shown(grad[0]));
  expect(await shownValue(page)).toBe(formatNumber(value));
  expect(await explorerOf(page).locator("pre").innerText()).toContain("[0.5, 3, 1]");
  expect(await wrongClaims(page)).toEqual([]);
  await page.context().close();
});

test("the figures follow a logit that is moved by mouse", async () => {
  const page = await open("/functions/softmax");
  const slider = rowOf(page, 0).getByRole("slider", { name: "x 0" });
  const box = await slider.boundingBox();
  if (box === null) throw new Error("The slider is not on show.");
  await page.mouse.click(box.x + box.width / 4, box.y + box.height / 2);
  const x = Number(await slider.inputValue());
  expect(x).toBeLessThan(0);
  expect(await bars(page, 0, "softmax")).toEqual(shown(softmax([x, 1, 0])));
  await page.context().close();
});

test("the figures follow each option of a class loss", async () => {
  const page = await open("/losses/crossEntropy");
  const options = explorerOf(page).getByRole("group", { name: "Options" });
  await options.getByRole("slider", { name: "labelSmoothing" }).press("End");
  await options.getByRole("slider", { name: "weight 1" }).fill("2");
  await options.getByRole("combobox", { name: "reduction" }).selectOption("sum");
  await options.getByRole("spinbutton", { name: "gradOutput" }).fill("3");
  const given = { labelSmoothing: 1, weight: [1, 2, 1], reduction: "sum", gradOutput: 3 } as const;
  const { value, grad } = crossEntropy.valueAndGrad(logits, [0, 1], given);
  expect(await shownValue(page)).toBe(formatNumber(value));
  expect(await bars(page, 0, "Gradient")).toEqual(shown(grad[0]));
  expect(await wrongClaims(page)).toEqual([]);

  await explorerOf(page).getByRole("button", { name: "Reset" }).click();
  expect(await shownValue(page)).toBe(formatNumber(crossEntropy(logits, [0, 1])));
  await page.context().close();
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
  await page.context().close();
});

test("the reduction none shows each loss", async () => {
  const page = await open("/losses/crossEntropy");
  await explorerOf(page).getByRole("combobox", { name: "reduction" }).selectOption("none");
  const each = explorerOf(page).locator("figure", { hasText: "crossEntropy of each" });
  expect(await each.locator(".value").allInnerTexts()).toEqual(
    shown(crossEntropy(logits, [0, 1], { reduction: "none" })),
  );
  expect(await explorerOf(page).locator(".result strong").count()).toBe(0);
  expect(await wrongClaims(page)).toEqual([]);
  await page.context().close();
});

test("an option out of range shows the error of the library", async () => {
  const page = await open("/losses/crossEntropy");
  await explorerOf(page).getByRole("spinbutton", { name: "ignoreIndex" }).fill("0.5");
  expect(await explorerOf(page).locator(".error").innerText()).toBe(
    "crossEntropy.valueAndGrad: ignoreIndex must be a whole number, got 0.5.",
  );
  await page.context().close();
});

test("the figures follow axis and temperature of a function", async () => {
  const page = await open("/functions/softmax");
  await explorerOf(page).getByRole("combobox", { name: "axis" }).selectOption("0");
  await explorerOf(page).getByRole("slider", { name: "temperature" }).fill("2");
  const expected = softmax(logits, { axis: 0, temperature: 2 });
  expect(await bars(page, 1, "softmax")).toEqual(shown(expected[1]));
  expect(await wrongClaims(page)).toEqual([]);
  await page.context().close();
});

test("the curve is over the number that was moved last", async () => {
  const page = await open("/losses/crossEntropy");
  const curve = explorerOf(page).locator("figure.curve");
  await rowOf(page, 1).getByRole("slider", { name: "Class 2" }).fill("4");
  const { value, grad } = crossEntropy.valueAndGrad([logits[0], [0, 3, 4]], [0, 1]);
  expect(await curve.innerText()).toContain("Row 1, Class 2");
  expect(await curve.locator(".value").allInnerTexts()).toEqual(shown([value, grad[1][2]]));
  const path = await curve.locator("path.line").first().getAttribute("d");
  expect(path?.split("L")).toHaveLength(81);
  await page.context().close();
});

test("the code can be copied", async () => {
  const page = await open("/losses/crossEntropy");
  await explorerOf(page).getByRole("button", { name: "Copy" }).click();
  await explorerOf(page).getByRole("button", { name: "Copied" }).waitFor();
  await page.context().close();
});

test.each(paths)(
  "%s has all that a page has, and leads to the reference and back",
  async (path) => {
    const page = await open(path);
    const main = page.getByRole("main");
    const headings = await main.getByRole("heading", { level: 2 }).allInnerTexts();
    expect(headings.map((text) => text.replace(/[^\w ]/g, "").trim())).toEqual(
      expect.arrayContaining([
        "Formula",
        "Options",
        "Edge cases",
        "Differences from PyTorch",
        "Sources",
        "Related",
      ]),
    );
    expect(await wrongClaims(page)).toEqual([]);
    const name = path.split("/").at(-1) ?? "";
    await main.getByRole("link", { name: `the reference of ${name}` }).click();
    await page.waitForURL("**/reference/**");
    await main.getByRole("link", { name: "Explained, and to try out" }).click();
    await page.waitForURL(`**${path}`);
    await page.context().close();
  },
);

test.each(
  paths.flatMap((path) =>
    (["light", "dark"] as const).map((colorScheme) => ({ path, colorScheme })),
  ),
)("axe finds nothing serious at $path, $colorScheme", async ({ path, colorScheme }) => {
  const page = await open(path, { colorScheme });
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const run = (globalThis as unknown as { axe: typeof import("axe-core") }).axe.run;
    const { violations } = await run(".vp-doc");
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => [id, ...nodes.slice(0, 3).map(({ html }) => html)]);
  });
  expect(found).toEqual([]);
  await page.context().close();
});
