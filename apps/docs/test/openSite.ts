import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, inject } from "vitest";

/** The addresses of the site and of the browser, or the reason why there are none. */
export type SharedSite =
  | { readonly url: string; readonly browser: string }
  | { readonly problem: string };

declare module "vitest" {
  export interface ProvidedContext {
    site: SharedSite;
  }
}

/** The built site, open in the browser that all test files share. */
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

/** The time limit of a step in a page, in milliseconds: on a busy machine, a page takes seconds to load. */
export const patience = 60_000;

export async function openSite(): Promise<OpenSite> {
  const served = inject("site");
  if ("problem" in served) throw new Error(served.problem);
  const browser = await chromium.connect(served.browser);
  const shared = await browser.newContext();
  // The process of the pages lives as long as one of them: the smallest file of the site.
  await (await shared.newPage()).goto(`${served.url}/logo.svg`);
  return {
    url: served.url,
    browser,
    async open(path, options) {
      const page = await (options === undefined ? shared.newPage() : browser.newPage(options));
      page.setDefaultTimeout(patience);
      await page.goto(served.url + path);
      if (options?.javaScriptEnabled !== false) {
        await page.waitForFunction(() => "__vue_app__" in (document.querySelector("#app") ?? {}));
      }
      return page;
    },
    // The pages of this connection are closed with it.
    close: () => browser.close(),
  };
}

/** Opens the site before the tests of a file or block, and closes it after them. */
export function useSite(): OpenSite {
  let opened: OpenSite | undefined;
  beforeAll(async () => {
    opened = await openSite();
  });
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
