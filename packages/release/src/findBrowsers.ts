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
}

/** Finds a browser of each engine. */
export async function findBrowsers(): Promise<Browser[]> {
  return [await chromium(), await firefox(), await webkit()];
}

async function chromium(): Promise<Browser> {
  const program = onPath("chromium", "chromium-browser", "google-chrome");
  return describe("Chromium", "relaxed", program, [
    ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
    ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
    "--user-data-dir={profile}",
  ]);
}

async function firefox(): Promise<Browser> {
  const program = onPath("firefox-esr", "firefox");
  return describe("Firefox", "relaxed", program, [
    "--headless",
    "--no-remote",
    "--profile",
    "{profile}",
  ]);
}

/** Finds WebKitGTK's own small browser, which needs a display: Xvfb is one. */
async function webkit(): Promise<Browser> {
  const [program] = globSync("/usr/lib/*/webkit2gtk-4.*/MiniBrowser").sort();
  const display = onPath("xvfb-run");
  if (program === undefined || display === undefined)
    return { name: "WebKitGTK", version: "", kernels: "simd" };
  const { version } = await describe("WebKitGTK", "simd", program, []);
  return {
    name: "WebKitGTK",
    version,
    kernels: "simd",
    command: [display, "-a", program, "--private"],
  };
}

async function describe(
  name: string,
  kernels: string,
  program: string | undefined,
  args: readonly string[],
): Promise<Browser> {
  if (program === undefined) return { name, version: "", kernels };
  const { output } = await run(program, ["--version"], { cwd: root, seconds: 30 });
  const version = /\d+(\.\d+)+/.exec(output)?.[0] ?? "";
  return { name, version, kernels, command: [program, ...args] };
}

function onPath(...names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => existsSync(path));
}
