// Finds the browser in which the site is tested, and installs one if there is none.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { pnpm, run } from "./run.mjs";

const names = [
  // Chromium without windows: tests take half the time in it.
  "chromium-headless-shell",
  "google-chrome",
  "google-chrome-stable",
  "chromium",
  "chromium-browser",
  "microsoft-edge",
  "microsoft-edge-stable",
];

const applications = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
  "C:\\Program Files\\Microsoft\\Edge\\Application\\msedge.exe",
];

const advice =
  "The site's tests need Chrome, Chromium or Edge. Install one, or name its executable in SURPRISAL_BROWSER.";

/** Returns the path of an installed browser, or throws an error that says what to install. */
export function findBrowser() {
  const onPath = (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)));
  const candidates = [
    process.env.SURPRISAL_BROWSER,
    ...onPath,
    ...applications,
    playwrightChromium(),
  ];
  const executablePath = candidates.find((path) => path && existsSync(path));
  if (executablePath === undefined) throw new Error(advice);
  return { executablePath };
}

/** Installs a browser if there is none. If that fails, the tests that need one fail with the advice. */
export function ensureBrowser() {
  if (isInstalled()) return;
  console.log("No Chrome, Chromium or Edge found: installing Chromium for the site's tests.");
  const debian = existsSync("/etc/debian_version") && process.getuid?.() === 0;
  if (debian && run("apt-get", "update") && installPackage()) return;
  pnpm("--filter", "@surprisal/docs", "exec", "playwright-core", "install", "chromium");
  if (!isInstalled()) console.error(advice);
}

/** Installs Debian's package without windows, or where there is none yet the whole browser. */
function installPackage() {
  return ["chromium-headless-shell", "chromium"].some((name) =>
    run("apt-get", "install", "-y", name),
  );
}

function isInstalled() {
  try {
    findBrowser();
    return true;
  } catch {
    return false;
  }
}

/** Returns the path of the Chromium that Playwright downloads. */
function playwrightChromium() {
  const require = createRequire(new URL("../apps/docs/package.json", import.meta.url));
  try {
    return require("playwright-core").chromium.executablePath();
  } catch {
    return undefined;
  }
}
