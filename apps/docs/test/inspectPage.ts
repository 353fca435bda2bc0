import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { folder } from "../server/site.ts";

/** The findings of an inspection. */
export interface PageReport {
  /** Console errors, failed requests, and requests to other hosts. */
  readonly problems: readonly string[];
  /** The compressed bytes of all files that the page loads. */
  readonly weight: number;
  /** The addresses that it links to. */
  readonly links: readonly URL[];
  /** The ids that a link can point to. */
  readonly anchors: ReadonlySet<string>;
  /** The viewport widths at which it scrolls sideways. */
  readonly overflows: readonly number[];
  /** The share of its text that its HTML has before JavaScript runs, from 0 to 1. */
  readonly staticText: number;
  /** The serious or critical findings of axe, in the light and in the dark theme. */
  readonly violations: readonly string[];
}

const axe = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** Loads a page, waits until it is interactive, and inspects it at each width. */
export async function inspectPage(
  page: Page,
  url: string,
  widths: readonly number[],
): Promise<PageReport> {
  const { problems, requested } = watch(page, url);
  await page.setViewportSize({ width: widths[0], height: 800 });
  await page.goto(url);
  await page.waitForFunction(() => "__vue_app__" in (document.querySelector("#app") ?? {}));
  await page.waitForLoadState("networkidle");
  const weight = [...requested].reduce((sum, path) => sum + weightOf(path), 0);
  const { hrefs, ids, staticText } = await page.evaluate(read);
  const violations = await findViolations(page);
  const overflows: number[] = [];
  for (const width of widths) {
    await page.setViewportSize({ width, height: 800 });
    const content = await page.evaluate(() => document.documentElement.scrollWidth);
    if (content > width) overflows.push(width);
  }
  // Leaving cancels pending requests, which is no failure of the page.
  page.removeAllListeners();
  await page.goto("about:blank");
  const links = hrefs.map((href) => new URL(href));
  return { problems, weight, links, anchors: new Set(ids), overflows, staticText, violations };
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

const weights = new Map<string, number>();

/** Returns the compressed size of a file of the site. */
export function weightOf(path: string): number {
  const known = weights.get(path);
  if (known !== undefined) return known;
  const name = path.endsWith("/") ? `${path}index` : path;
  const file = folder + decodeURIComponent(/\.\w+$/.test(name) ? name : `${name}.html`);
  const weight = gzipSync(readFileSync(file)).length;
  weights.set(path, weight);
  return weight;
}

/** Runs in the page. Returns its links and ids, and the share of its text that is in its HTML. */
async function read() {
  const html = await (await fetch(location.href)).text();
  const words = (root: Document) =>
    // The home page has no main element.
    ((root.querySelector("main") ?? root.querySelector("#VPContent"))?.textContent ?? "")
      .split(/\s+/)
      .filter(Boolean);
  const given = new Set(words(new DOMParser().parseFromString(html, "text/html")));
  const shown = words(document);
  return {
    hrefs: Array.from(document.querySelectorAll<HTMLAnchorElement>("a[href]"), (a) => a.href),
    ids: Array.from(document.querySelectorAll("[id]"), (element) => element.id),
    staticText: shown.filter((word) => given.has(word)).length / Math.max(1, shown.length),
  };
}

/** Runs all rules of axe in the light theme, and in the dark theme those on colours. */
async function findViolations(page: Page): Promise<string[]> {
  await page.addStyleTag({ content: "*, ::before, ::after { transition: none !important; }" });
  await page.evaluate(axe);
  const find = async (dark: boolean) => {
    const violations = await page.evaluate(async (dark) => {
      document.documentElement.classList.toggle("dark", dark);
      const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
      const rules = dark ? { runOnly: ["color-contrast"] } : {};
      // The theme's search button contains its keyboard shortcut, which is not part of its name.
      const context = { exclude: [".DocSearch"] };
      const results: AxeResults = await axe.run(context, { ...rules, resultTypes: ["violations"] });
      return results.violations.map(({ id, impact, nodes }) => ({
        id,
        impact,
        targets: nodes.map(({ target }) => target.join(" ")),
      }));
    }, dark);
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, targets }) => `${dark ? "dark" : "light"}: ${id} at ${targets.slice(0, 3)}`);
  };
  return [...(await find(false)), ...(await find(true))];
}
