import * as core from "@surprisal/core";
import * as kernels from "@surprisal/core/authoring";
import * as losses from "@surprisal/losses";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { beforeAll, expect, test } from "vitest";
import { openBrowserForInspection } from "./browser.ts";
import { inspectOnPhone, inspectPage, type PageLayout, type PageReport } from "./inspectPage.ts";
import { patience, useSite } from "./openSite.ts";
import { isFile, isReference, isSource, kindOf, paths, samplePages } from "./paths.ts";

/** The reports of the largest page of each kind; each page of the guide and each tutorial is a kind. */
const reports = new Map<string, PageReport>();
/** The layouts of other pages. */
const layouts = new Map<string, PageLayout>();
const site = useSite();

beforeAll(async () => {
  const samples = samplePages();
  const inspected = paths.filter((path) => samples.has(path));
  const withNavigation = new Set(firstOfSections(inspected));
  // TypeDoc writes hundreds of pages from the same parts: every fifth stands for the others.
  const remaining = paths
    .filter((path) => !isSource(path) && !samples.has(path))
    .filter((path, i) => !isReference(path) || i % 5 === 0);
  const browser = await openBrowserForInspection();
  try {
    await Promise.all([
      ...inTabs(browser, 3, inspected, {}, async (page, path) => {
        // A line is marked in a source page.
        const address = isSource(path) ? `${path}#L1` : path;
        const parts = withNavigation.has(path) ? "all" : "all but navigation";
        reports.set(path, await inspectPage(page, site.url + address, parts));
      }),
      ...inTabs(browser, 2, remaining, { javaScriptEnabled: false }, async (page, path) => {
        layouts.set(path, await inspectOnPhone(page, site.url + path));
      }),
    ]);
  } finally {
    await browser.close();
  }
}, 600_000);

/** Returns the first page of each section. */
function firstOfSections(all: readonly string[]): Iterable<string> {
  const sectionOf = (path: string) => path.split("/")[1];
  return new Map(all.toReversed().map((path) => [sectionOf(path), path])).values();
}

/** Visits pages in several tabs of one window at once. */
function inTabs(
  browser: Browser,
  count: number,
  paths: string[],
  options: BrowserContextOptions,
  visit: (page: Page, path: string) => Promise<void>,
): Promise<void>[] {
  const context = browser.newContext(options);
  const left = [...paths];
  return Array.from({ length: count }, async () => {
    const page = await (await context).newPage();
    page.setDefaultTimeout(patience);
    for (let path = left.shift(); path !== undefined; path = left.shift()) await visit(page, path);
  });
}

/** Returns the findings of all pages that have some, by path. */
function findings<R>(all: ReadonlyMap<string, R>, find: (report: R) => readonly unknown[]) {
  return [...all].map(([path, report]) => [path, find(report)]).filter(([, list]) => list.length);
}

const allLayouts = () => new Map<string, PageLayout>([...layouts, ...reports]);

test("every page is of an inspected kind", () => {
  const kinds = (all: Iterable<string>) => [...new Set([...all].map(kindOf))].sort();
  expect(kinds(reports.keys())).toEqual(kinds(paths));
  expect(allLayouts().size).toBeGreaterThan(100);
});

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
    "evaluation",
    "functions",
    "guide",
    "how-to",
    "language",
    "losses",
    "playground",
    "reference",
    "source",
    "tutorials",
  ]);
});

test("all pages load without errors, failed requests or requests to other hosts", () => {
  expect(findings(reports, ({ problems }) => problems)).toEqual([]);
});

test("all links inside the site lead to existing pages and anchors", () => {
  const all = allLayouts();
  const broken = findings(all, ({ links }) =>
    links.filter(({ origin, pathname, hash }) => {
      if (origin !== site.url) return false;
      // In the playground, the part after the # is a program. sources.test.ts tests links to sources.
      if (pathname === "/playground" || isSource(pathname)) return false;
      const path = decodeURIComponent(pathname);
      if (isFile(path)) return false;
      const target = all.get(path);
      if (target === undefined) return !(isReference(path) && paths.includes(path));
      return hash && !target.anchors.has(decodeURIComponent(hash.slice(1)));
    }),
  );
  expect(broken).toEqual([]);
});

test("no page scrolls sideways on a desktop or on a phone", () => {
  expect(findings(allLayouts(), ({ overflows }) => overflows)).toEqual([]);
});

test("axe finds nothing serious on any page, light or dark", () => {
  expect(findings(reports, ({ violations }) => violations)).toEqual([]);
});

test("no page transfers more than 300 kB before any interaction", () => {
  expect(findings(reports, ({ weight }) => (weight > 300_000 ? [weight] : []))).toEqual([]);
});

test("the text of a page is in its HTML", () => {
  const missing = findings(reports, ({ staticText }) => (staticText < 0.95 ? [staticText] : []));
  // What was looked for is known in the browser only.
  expect(missing.filter(([path]) => path !== "/404")).toEqual([]);
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
  const page = await site.open("/reference/losses/");
  await page.getByRole("main").getByRole("link", { name: "crossEntropy", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "crossEntropy" }).waitFor();
  const main = page.getByRole("main");
  expect(await main.innerText()).toContain("crossEntropy.valueAndGrad(input, target, options)");
  for (const title of ["Shapes", "You pass, you get", "Options"]) {
    expect(await main.getByRole("heading", { level: 2, name: title }).count()).toBe(1);
  }
  for (const name of ["Loss", "ClassTarget", "CrossEntropyOptions"]) {
    expect(await main.getByRole("link", { name, exact: true }).count()).toBeGreaterThan(0);
  }
  await page.close();
});

test("the search finds a loss in the reference", async () => {
  const page = await site.open("/");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("searchbox").fill("crossEntropy");
  await page
    .locator('[role="option"] a[href*="/reference/losses/"][href*="/crossEntropy"]')
    .first()
    .click();
  await page.waitForURL("**/reference/losses/**");
  // The address changes before the page does.
  const heading = page.getByRole("heading", { level: 1 }).filter({ hasText: "crossEntropy" });
  await heading.waitFor();
  expect(await heading.innerText()).toContain("crossEntropy");
  await page.close();
});
