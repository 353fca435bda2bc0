// Serves the site and starts a browser, once for all test files.
import type { TestProject } from "vitest/node";
import { serveSite } from "../server/site.ts";
import { startBrowser } from "./browser.ts";

export default async function setUp({ provide }: TestProject) {
  try {
    const site = await serveSite();
    const browser = await startBrowser();
    provide("site", { url: site.url, browser: browser.wsEndpoint() });
    return async () => {
      await browser.close();
      site.close();
    };
  } catch (error) {
    // Tests that need no page also run without a built site.
    provide("site", { problem: error instanceof Error ? error.message : String(error) });
  }
}
