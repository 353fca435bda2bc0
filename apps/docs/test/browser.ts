import { type Browser, chromium } from "playwright-core";
import { findBrowser } from "../../../scripts/browser.mjs";

/** Starts the installed browser with a new profile and without background requests. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
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
}
