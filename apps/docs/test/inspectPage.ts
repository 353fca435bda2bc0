import type { Page } from "playwright-core";
import { findViolations, type Parts } from "./findViolations.ts";
import { weightOf } from "./paths.ts";

/** The content of a page that is the same with and without JavaScript, and its layout. */
export interface PageLayout {
  /** The addresses that it links to. */
  readonly links: readonly URL[];
  /** The ids that a link can point to. */
  readonly anchors: ReadonlySet<string>;
  /** The viewport widths at which it scrolls sideways. */
  readonly overflows: readonly number[];
}

/** The findings of an inspection. */
export interface PageReport extends PageLayout {
  /** Console errors, failed requests, and requests to other hosts. */
  readonly problems: readonly string[];
  /** The compressed bytes of all files that the page loads. */
  readonly weight: number;
  /** The share of its text that its HTML has before JavaScript runs, from 0 to 1. */
  readonly staticText: number;
  /** The serious or critical findings of axe. */
  readonly violations: readonly string[];
}

const desktop = 1280;
const phone = 375;

/** Loads a page, waits until it is interactive, and inspects it at each width. */
export async function inspectPage(page: Page, url: string, parts: Parts): Promise<PageReport> {
  const { problems, requested } = watch(page, url);
  await page.setViewportSize({ width: desktop, height: 800 });
  await page.goto(url);
  await page.waitForFunction(() => "__vue_app__" in (document.querySelector("#app") ?? {}));
  await page.waitForLoadState("networkidle");
  const weight = [...requested].reduce((sum, path) => sum + weightOf(path), 0);
  const staticText = await page.evaluate(readStaticText);
  const layout = await inspectLayout(page, [desktop, phone]);
  await page.setViewportSize({ width: desktop, height: 800 });
  const violations = await findViolations(page, parts);
  // Leaving cancels pending requests, which is no failure of the page.
  page.removeAllListeners();
  await page.goto("about:blank");
  return { ...layout, problems, weight, staticText, violations };
}

/**
 * Visits a page that needs no JavaScript, and inspects it on a phone. Text that fits there also fits on a desktop, where
 * the column of text is wider.
 */
export async function inspectOnPhone(page: Page, url: string): Promise<PageLayout> {
  await page.setViewportSize({ width: phone, height: 800 });
  await page.goto(url);
  return inspectLayout(page, [phone]);
}

/** Inspects the page that is loaded at each width. */
async function inspectLayout(page: Page, widths: readonly number[]): Promise<PageLayout> {
  const { hrefs, ids } = await page.evaluate(() => ({
    hrefs: Array.from(document.querySelectorAll<HTMLAnchorElement>("a[href]"), (a) => a.href),
    ids: Array.from(document.querySelectorAll("[id]"), (element) => element.id),
  }));
  const overflows: number[] = [];
  for (const width of widths) {
    await page.setViewportSize({ width, height: 800 });
    const content = await page.evaluate(() => document.documentElement.scrollWidth);
    if (content > width) overflows.push(width);
  }
  return { links: hrefs.map((href) => new URL(href)), anchors: new Set(ids), overflows };
}

/** Records the requests of a page, and its errors. */
function watch(page: Page, url: string) {
  const problems: string[] = [];
  const requested = new Set<string>();
  const { host } = new URL(url);
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("requestfailed", (request) => problems.push(`failed: ${request.url()}`));
  page.on("request", (request) => {
    const target = new URL(request.url());
    if (target.protocol === "data:" || target.protocol === "blob:") return;
    if (target.host === host) requested.add(target.pathname);
    else problems.push(`foreign: ${target}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });
  return { problems, requested };
}

/** Runs in the page. Returns the share of its text that is in its HTML. */
async function readStaticText(): Promise<number> {
  const html = await (await fetch(location.href)).text();
  const words = (root: Document) =>
    // The home page has no main element.
    ((root.querySelector("main") ?? root.querySelector("#VPContent"))?.textContent ?? "")
      .split(/\s+/)
      .filter(Boolean);
  const given = new Set(words(new DOMParser().parseFromString(html, "text/html")));
  const shown = words(document);
  return shown.filter((word) => given.has(word)).length / Math.max(1, shown.length);
}
