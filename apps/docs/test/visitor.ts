import type { Browser, BrowserContextOptions, Page } from "playwright-core";
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
