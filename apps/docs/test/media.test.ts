import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { useSite } from "./openSite.ts";

const site = useSite();

const loss = "/losses/crossEntropy";

/** Returns the number of visible elements around the content, visible buttons included. */
async function surroundings(page: Page): Promise<number> {
  const parts = page.locator(".VPNav, .VPLocalNav, .VPSidebar, .vp-doc button");
  return parts.filter({ visible: true }).count();
}

test("print has the content alone, dark on white also in the dark theme", async () => {
  const page = await site.open(loss, { colorScheme: "dark" });
  expect(await surroundings(page)).toBeGreaterThan(0);
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  expect(await surroundings(page)).toBe(0);
  const colours = await page.evaluate(() => {
    const lightness = (selector: string, property: "color" | "backgroundColor") => {
      const found = document.querySelector(selector);
      if (found === null) throw new Error(`There is no ${selector}.`);
      const parts = getComputedStyle(found)[property].match(/\d+/g) ?? [];
      return parts.slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 765;
    };
    return {
      paper: lightness("body", "backgroundColor"),
      text: lightness(".vp-doc p", "color"),
      code: lightness(".vp-doc pre .line span", "color"),
    };
  });
  expect(colours.paper).toBe(1);
  expect(colours.text).toBeLessThan(0.4);
  expect(colours.code).toBeLessThan(0.6);
  await page.close();
});

test("without JavaScript, buttons without effect are hidden", async () => {
  const page = await site.open(loss, { javaScriptEnabled: false });
  const buttons = page.locator(".vp-doc button");
  expect(await buttons.count()).toBeGreaterThan(0);
  expect(await buttons.filter({ visible: true }).count()).toBe(0);
  await page.close();
});

describe("the header fits a window", () => {
  let page: Page;
  beforeAll(async () => {
    page = await site.open(loss);
  });
  afterAll(() => page.close());

  test.each([960, 1100, 1200, 1280, 1440])("of %i pixels", async (width) => {
    await page.setViewportSize({ width, height: 600 });
    const header = page.locator(".VPNavBar .content-body");
    const right = await header.evaluate((body) =>
      Math.max(...Array.from(body.children, (child) => child.getBoundingClientRect().right)),
    );
    expect(right).toBeGreaterThan(width / 2);
    expect(right).toBeLessThanOrEqual(width);
  });
});
