import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { serveSite } from "../server/site.ts";
import { openBrowser } from "./browser.ts";

/** The built site, served and open in a browser. */
export interface OpenSite {
  readonly url: string;
  readonly browser: Browser;
  /**
   * Opens a page and waits until Vue has mounted it, or without JavaScript until it has loaded.
   * Pages without options share their cache.
   */
  open(path: string, options?: BrowserContextOptions): Promise<Page>;
  close(): Promise<void>;
}

export async function openSite(): Promise<OpenSite> {
  const server = await serveSite();
  const browser = await openBrowser();
  const shared = await browser.newContext();
  return {
    url: server.url,
    browser,
    async open(path, options) {
      const page = await (options === undefined ? shared.newPage() : browser.newPage(options));
      await page.goto(server.url + path);
      if (options?.javaScriptEnabled !== false) {
        await page.waitForFunction(() => "__vue_app__" in (document.querySelector("#app") ?? {}));
      }
      return page;
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}

/** Opens the site before the tests of a file or block, and closes it after them. */
export function useSite(): OpenSite {
  let opened: OpenSite | undefined;
  beforeAll(async () => {
    opened = await openSite();
  }, 60_000);
  afterAll(() => opened?.close());
  const site = () => {
    if (opened === undefined) throw new Error("useSite: the site is open during tests only.");
    return opened;
  };
  return {
    get url() {
      return site().url;
    },
    get browser() {
      return site().browser;
    },
    open: (...target) => site().open(...target),
    close: () => site().close(),
  };
}
