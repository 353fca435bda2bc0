import { existsSync, globSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./command.ts";
import { root } from "./tools.ts";

export interface Browser {
  readonly name: string;
  readonly version: string;
  /** How it is started, with {profile} for an empty folder; undefined where it is not installed. */
  readonly command?: readonly string[];
  /** The kernels that should be in use where nothing forbids WebAssembly. */
  readonly kernels: string;
  /** How many threads should compute in an isolated page, of two that were asked for. */
  readonly threads: number;
}

/** Finds a browser of each engine. */
export async function findBrowsers(): Promise<Browser[]> {
  return [await chromium(), await firefox(), await webkit()];
}

async function chromium(): Promise<Browser> {
  const program = onPath("chromium", "chromium-browser", "google-chrome");
  return describe("Chromium", program, [
    ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
    ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
    "--user-data-dir={profile}",
  ]);
}

async function firefox(): Promise<Browser> {
  const program = onPath("firefox-esr", "firefox");
  return describe("Firefox", program, ["--headless", "--no-remote", "--profile", "{profile}"]);
}

/**
 * Finds WebKitGTK's own small browser, which needs a display: Xvfb is one. Its pages have no
 * SharedArrayBuffer, and so no threads.
 */
async function webkit(): Promise<Browser> {
  const [program] = globSync("/usr/lib/*/webkit2gtk-4.*/MiniBrowser").sort();
  const display = onPath("xvfb-run");
  const found = { name: "WebKitGTK", version: "", kernels: "simd", threads: 1 };
  if (program === undefined || display === undefined) return found;
  const version = await versionOf(display, "-a", program);
  return { ...found, version, command: [display, "-a", program, "--private"] };
}

async function describe(
  name: string,
  program: string | undefined,
  args: readonly string[],
): Promise<Browser> {
  const found = { name, version: await versionOf(program), kernels: "relaxed", threads: 2 };
  return program === undefined ? found : { ...found, command: [program, ...args] };
}

async function versionOf(program: string | undefined, ...args: string[]): Promise<string> {
  if (program === undefined) return "";
  const { output } = await run(program, [...args, "--version"], { cwd: root, seconds: 30 });
  return /\d+(\.\d+)+/.exec(output)?.[0] ?? "";
}

function onPath(...names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}
