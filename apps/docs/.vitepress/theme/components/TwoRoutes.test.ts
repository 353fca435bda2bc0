import { logSoftmax, softmax } from "@surprisal/core";
import { crossEntropy, nllLoss } from "@surprisal/losses";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { useSite } from "../../../test/openSite.ts";
import { formatNumber } from "./formatNumber.ts";

const site = useSite();

function openTutorial(javaScriptEnabled = true): Promise<Page> {
  const path = "/tutorials/why-log-softmax-and-nll";
  return site.open(path, javaScriptEnabled ? undefined : { javaScriptEnabled });
}

const exampleOf = (page: Page) => page.getByRole("region", { name: "Live example" });

/** Returns the numbers that are shown, by the names of their rows. */
async function shown(page: Page): Promise<Record<string, string[]>> {
  const rows: Record<string, string[]> = {};
  for (const row of await exampleOf(page).locator("tbody tr").all()) {
    const values = await row.locator("td").allInnerTexts();
    if (values.length > 0) rows[await row.locator("th").innerText()] = values;
  }
  return rows;
}

/** Computes the same numbers. */
function expected(x: number[]): Record<string, string[]> {
  const exps = x.map(Math.exp);
  const p = exps.map((e) => e / (exps[0] + exps[1] + exps[2]));
  const rows = {
    x,
    softmax: softmax(x),
    logSoftmax: logSoftmax(x),
    nllLoss: x.map((_, j) => nllLoss(logSoftmax(x), j)),
    crossEntropy: x.map((_, j) => crossEntropy(x, j)),
    "exp(x)": exps,
    p,
    "−log p": p.map((q) => -Math.log(q)),
  };
  return Object.fromEntries(
    Object.entries(rows).map(([name, values]) => [name, values.map(formatNumber)]),
  );
}

test("without JavaScript, the formula that overflows is shown beside the losses", async () => {
  const page = await openTutorial(false);
  expect(await shown(page)).toEqual(expected([752, 751, 750]));
  expect(expected([752, 751, 750]).p).toEqual(["NaN", "NaN", "NaN"]);
  await page.close();
});

test("the numbers follow a slider that is moved by keyboard", async () => {
  const page = await openTutorial();
  await page.getByRole("button", { name: "Small logits" }).click();
  const slider = page.getByRole("slider", { name: "Class 0" });
  for (let i = 0; i < 5; i++) await slider.press("ArrowRight");
  expect(await shown(page)).toEqual(expected([2.5, 1, 0]));
  expect(expected([2.5, 1, 0])).not.toEqual(expected([2, 1, 0]));
  await page.close();
});

test("the numbers follow the selected target", async () => {
  const page = await openTutorial();
  const loss = exampleOf(page).locator(".loss");
  expect(await loss.innerText()).toBe(formatNumber(crossEntropy([2, 1, 0], 1)));
  await page.getByRole("combobox", { name: "Target" }).selectOption("class 2");
  expect(await loss.innerText()).toBe(formatNumber(crossEntropy([2, 1, 0], 2)));
  await page.close();
});

test("presets show where the formula fails and log-softmax does not", async () => {
  const page = await openTutorial();
  await page.getByRole("slider", { name: "offset" }).press("End");
  const { p, crossEntropy: losses } = await shown(page);
  expect(p).toEqual(["NaN", "NaN", "NaN"]);
  expect(losses).toEqual(expected([2, 1, 0]).crossEntropy);
  expect(await exampleOf(page).innerText()).toContain("overflows");

  await page.getByRole("button", { name: "Underflow" }).click();
  const spread = await shown(page);
  expect(spread).toEqual(expected([0, -400, -800]));
  expect(spread.crossEntropy.slice(1)).toEqual(["400", "800"]);
  expect(await exampleOf(page).innerText()).toContain("underflows to 0");
  await page.close();
});
