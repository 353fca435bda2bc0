import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { findBrowser } from "../../../scripts/browser.mjs";

/** Bundles a module, with the sources of this workspace, for a page. */
export async function bundleForBrowser(url: URL): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(url)],
    bundle: true,
    write: false,
    format: "iife",
    conditions: ["@surprisal/source"],
  });
  return outputFiles[0].text;
}

/**
 * Runs a bundle in an empty page of the installed browser, and returns what it prints: the first argument of each
 * call of `console.log`.
 */
export async function runInBrowser(code: string): Promise<unknown[]> {
  const browser = await chromium.launch({ ...findBrowser(), args });
  try {
    const page = await browser.newPage();
    // Text, because the test runner would rewrite a function.
    return await page.evaluate(`(() => {
      const printed = [];
      const plain = (value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
      const console = { log: (value) => printed.push(plain(value)) };
      ${code}
      return printed;
    })()`);
  } finally {
    await browser.close();
  }
}

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
