import * as core from "@surprisal/core";
import * as kernels from "@surprisal/core/authoring";
import * as losses from "@surprisal/losses";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Site, serveSite } from "../server/site.ts";
import { openBrowser } from "./browser.ts";
import { inspectPage, type PageReport, weightOf } from "./inspectPage.ts";
import { isSource, paths } from "./paths.ts";

/** Source pages differ in their text only: the smallest, the largest and one of Markdown are a sample. */
const sources = paths.filter(isSource).sort((a, b) => weightOf(a) - weightOf(b));
const samples = [sources[0], sources.at(-1), "/source/docs/guide/kernels.md/"];

const reports = new Map<string, PageReport>();
let site: Site;
let browser: Browser;

beforeAll(async () => {
  site = await serveSite();
  browser = await openBrowser();
  const remaining = paths.filter((path) => !isSource(path) || samples.includes(path));
  const inspectAll = async () => {
    const page = await browser.newPage();
    for (let path = remaining.shift(); path !== undefined; path = remaining.shift()) {
      // A line is marked in a source page.
      const address = isSource(path) ? `${path}#L1` : path;
      reports.set(path, await inspectPage(page, site.url + address, [1280, 375]));
    }
  };
  await Promise.all([inspectAll(), inspectAll()]);
}, 600_000);

afterAll(async () => {
  await browser?.close();
  site?.close();
});

/** Returns the findings of all pages that have some, by path. */
function findings(find: (report: PageReport) => readonly unknown[]) {
  return [...reports]
    .map(([path, report]) => [path, find(report)])
    .filter(([, list]) => list.length);
}

test("the site has the expected pages, and no others", () => {
  expect(paths).toEqual(
    expect.arrayContaining([
      "/",
      "/404",
      "/guide/getting-started",
      "/tutorials/why-log-softmax-and-nll",
      "/functions/softmax",
      "/functions/logSoftmax",
      "/functions/logSumExp",
      "/functions/logAddExp",
      "/functions/sigmoid",
      "/functions/logSigmoid",
      "/functions/softplus",
      "/functions/softmaxBackward",
      "/functions/logSoftmaxBackward",
      "/functions/tensor",
      "/functions/allocate",
      "/losses/crossEntropy",
      "/losses/nllLoss",
      "/playground",
      "/reference/",
    ]),
  );
  const sections = new Set(paths.map((path) => path.split("/")[1]));
  expect([...sections].sort()).toEqual([
    "",
    "404",
    "changelog",
    "functions",
    "guide",
    "losses",
    "playground",
    "reference",
    "source",
    "tutorials",
  ]);
});

test("all pages load without errors, failed requests or requests to other hosts", () => {
  expect(findings(({ problems }) => problems)).toEqual([]);
});

test("all links inside the site lead to existing pages and anchors", () => {
  const broken = findings(({ links }) =>
    links.filter(({ origin, pathname, hash }) => {
      if (origin !== site.url) return false;
      // In the playground, the part after the # is a program. sources.test.ts tests links to sources.
      if (pathname === "/playground" || isSource(pathname)) return false;
      const target = reports.get(decodeURIComponent(pathname));
      return !target || (hash && !target.anchors.has(decodeURIComponent(hash.slice(1))));
    }),
  );
  expect(broken).toEqual([]);
});

test("no page scrolls sideways on a desktop or on a phone", () => {
  expect(findings(({ overflows }) => overflows)).toEqual([]);
});

test("axe finds nothing serious on any page, light or dark", () => {
  expect(findings(({ violations }) => violations)).toEqual([]);
});

test("no page transfers more than 250 kB before any interaction", () => {
  expect(findings(({ weight }) => (weight > 250_000 ? [weight] : []))).toEqual([]);
});

test("the text of a page is in its HTML", () => {
  expect(findings(({ staticText }) => (staticText < 0.95 ? [staticText] : []))).toEqual([]);
});

test.each([
  ["core", core],
  ["core/authoring", kernels],
  ["losses", losses],
])("the reference has a page for every function of %s", (entry, module) => {
  const names = paths
    .filter((path) => path.match(/^\/reference\/(.*)\/(functions|variables)\//)?.[1] === entry)
    .map((path) => path.split("/").at(-1));
  expect(names.sort()).toEqual(Object.keys(module).sort());
});

test("the reference of a loss shows how to call it, and links to its types", async () => {
  const page = await browser.newPage();
  await page.goto(`${site.url}/reference/losses/`);
  await page.getByRole("main").getByRole("link", { name: "crossEntropy", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "crossEntropy" }).waitFor();
  const main = page.getByRole("main");
  expect(await main.innerText()).toContain("crossEntropy.valueAndGrad<I extends FloatInput>(");
  for (const name of ["Loss", "ClassTarget", "CrossEntropyOptions"]) {
    expect(await main.getByRole("link", { name, exact: true }).count()).toBeGreaterThan(0);
  }
  await page.close();
});

test("the search finds a loss in the reference", async () => {
  const page = await browser.newPage();
  await page.goto(`${site.url}/`);
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("searchbox").fill("crossEntropy");
  await page
    .locator('[role="option"] a[href*="/reference/losses/"][href*="/crossEntropy"]')
    .first()
    .click();
  await page.waitForURL("**/reference/losses/**");
  expect(await page.getByRole("heading", { level: 1 }).innerText()).toContain("crossEntropy");
  await page.close();
});
