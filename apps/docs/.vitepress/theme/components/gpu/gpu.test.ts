import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowserWithGpu } from "../../../../test/browser.ts";
import { patience, useSite } from "../../../../test/openSite.ts";

const site = useSite();

let browser: Awaited<ReturnType<typeof openBrowserWithGpu>>;

beforeAll(async () => {
  browser = await openBrowserWithGpu();
});

afterAll(() => browser?.close());

/** Presses the button of the page, and returns the text above the table and the losses in it. */
async function compare(page: Page): Promise<{ text: string; losses: Record<string, number> }> {
  const figure = page.getByRole("region", { name: "A loss on your GPU" });
  await figure.getByRole("button", { name: "Compute it on this GPU" }).click();
  await figure.getByRole("table").waitFor();
  const rows = await figure.locator("tbody tr").all();
  const cells = await Promise.all(rows.map((row) => row.locator("th, td").allInnerTexts()));
  return {
    text: await figure.locator("p").first().innerText(),
    losses: Object.fromEntries(cells.map(([place, loss]) => [place, Number(loss)])),
  };
}

async function openWithGpu(path: string): Promise<Page> {
  const page = await browser.newPage();
  page.setDefaultTimeout(patience);
  await page.goto(site.url + path);
  return page;
}

test("the GPU has the loss of the CPU, and its name is shown", { timeout: 120_000 }, async () => {
  const { text, losses } = await compare(await openWithGpu("/how-to/loss-on-the-gpu"));
  expect(text).toMatch(/swiftshader/i);
  expect(Object.keys(losses)).toEqual(["CPU", "GPU"]);
  expect(losses.CPU).toBeGreaterThan(1);
  expect(losses.GPU).toBeCloseTo(losses.CPU, 4);
});

test("without WebGPU the CPU computes, and the page says so", { timeout: 120_000 }, async () => {
  const page = await site.open("/how-to/loss-on-the-gpu");
  const { text, losses } = await compare(page);
  await page.close();
  expect(text).toMatch(/^Here the CPU computes alone\. onGpu: no GPU was found/);
  expect(Object.keys(losses)).toEqual(["CPU"]);
  expect(losses.CPU).toBeGreaterThan(1);
});

test("the benchmark has the GPU beside the kernels", { timeout: 120_000 }, async () => {
  const page = await openWithGpu("/guide/performance");
  const figure = page.getByRole("region", { name: "The benchmark in your browser" });
  await figure.getByRole("button", { name: "Run it here" }).click();
  const first = figure.locator("figure").first();
  await first.getByText("Surprisal on the GPU").waitFor();
  const values = (await first.locator(".value").allInnerTexts()).map(Number.parseFloat);
  expect(values).toHaveLength(4);
  expect(values.every((value) => value > 0)).toBe(true);
  await figure.getByRole("button", { name: "Stop" }).click();
  await page.close();
});
