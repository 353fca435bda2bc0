import { type Browser, type BrowserServer, chromium } from "playwright-core";
import { findBrowser } from "../../../scripts/browser.mjs";

/** Returns the options of the installed browser: a new profile, and no background requests. */
const options = () => ({
  ...findBrowser(),
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});

/** Starts the browser. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch(options());
}

/** Starts a browser that several processes use at once. */
export function startBrowser(): Promise<BrowserServer> {
  return chromium.launchServer({ ...options(), host: "127.0.0.1" });
}
