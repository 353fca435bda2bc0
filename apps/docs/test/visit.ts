import type { Page } from "playwright-core";

/** What a page turned out to hold. */
export interface Visit {
  /** Console errors, failed requests, and requests to other hosts. */
  readonly problems: string[];
  /** The addresses that it links to. */
  readonly links: readonly URL[];
  /** The anchors that can be linked to. */
  readonly anchors: ReadonlySet<string>;
  /** The viewport widths at which it scrolls sideways. */
  readonly overflows: readonly number[];
}

/** Loads a page, lets it come alive, and looks at it at each width. */
export async function visit(page: Page, url: string, widths: readonly number[]): Promise<Visit> {
  const problems: string[] = [];
  const { host } = new URL(url);
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  page.on("requestfailed", (request) => problems.push(`failed: ${request.url()}`));
  page.on("request", (request) => {
    const target = new URL(request.url());
    if (target.protocol !== "data:" && target.host !== host) problems.push(`foreign: ${target}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });

  await page.goto(url);
  await page.waitForFunction(() => "__vue_app__" in (document.querySelector("#app") ?? {}));
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
  // Leaving breaks off what is still under way: no failure of the page.
  page.removeAllListeners();
  await page.goto("about:blank");
  return { problems, links: hrefs.map((href) => new URL(href)), anchors: new Set(ids), overflows };
}
