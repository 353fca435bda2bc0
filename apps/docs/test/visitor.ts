import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { type Site, serveSite } from "../server/site.ts";
import { openBrowser } from "./browser.ts";

/** The built site and a browser to look at it with. */
export interface Visitor {
  readonly site: Site;
  readonly browser: Browser;
  /** Opens a page and waits until it is alive; without JavaScript, until it is there. */
  open(path: string, options?: BrowserContextOptions): Promise<Page>;
  close(): Promise<void>;
}

export async function sendVisitor(): Promise<Visitor> {
  const site = await serveSite();
  const browser = await openBrowser();
  return {
    site,
    browser,
    async open(path, options = {}) {
      const page = await browser.newPage(options);
      await page.goto(site.url + path);
      if (options.javaScriptEnabled !== false) {
        await page.waitForFunction(() => "__vue_app__" in (document.querySelector("#app") ?? {}));
      }
      return page;
    },
    async close() {
      await browser.close();
      site.close();
    },
  };
}

/** A visitor for the tests of a file or a block: sent before them, called back after them. */
export function useVisitor(): Visitor {
  let sent: Visitor | undefined;
  beforeAll(async () => {
    sent = await sendVisitor();
  }, 60_000);
  afterAll(() => sent?.close());
  const there = () => {
    if (sent === undefined) throw new Error("The visitor is there in tests only.");
    return sent;
  };
  return {
    get site() {
      return there().site;
    },
    get browser() {
      return there().browser;
    },
    open: (...target) => there().open(...target),
    close: () => there().close(),
  };
}
