import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { findBrowser } from "../../../../scripts/browser.mjs";

const args = [
  "--headless=new",
  "--no-sandbox",
  // A GPU in software where there is no other.
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  // SwiftShader compiles a kernel in half of the time if Dawn's shader zeroes workgroup memory.
  "--disable-dawn-features=use_vulkan_zero_initialize_workgroup_memory_extension",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const html = `<!doctype html><script>
const printed = [];
console.log = (value) => printed.push(value);
globalThis.ready = import("./page.js");
</script>`;

const advice =
  "The browser has no WebGPU, not even in software. Install a Chromium with SwiftShader (apt-get install chromium), or name another browser in SURPRISAL_BROWSER.";

/** A page that has run a module. */
export interface ModulePage {
  /** What the module has printed: the first argument of each call of `console.log`. */
  readonly printed: readonly unknown[];
  /** Calls a function that the module exports. Numbers and typed arrays arrive as they are. */
  call<Result>(name: string, argument?: unknown): Promise<Result>;
  close(): Promise<void>;
}

/**
 * Bundles a module with the sources of this workspace and opens it in a page of the installed browser. `files` are
 * served beside it, by their names.
 */
export async function openPage(
  module: string,
  files: Readonly<Record<string, string>> = {},
): Promise<ModulePage> {
  const script = await bundle(module);
  const server = await serve(script, files);
  const browser = await chromium.launch({ ...findBrowser(), args });
  const close = async () => {
    await browser.close();
    server.close();
  };
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const found = await page.evaluate(
      "navigator.gpu ? navigator.gpu.requestAdapter().then((adapter) => adapter !== null) : false",
    );
    if (!found) throw new Error(advice);
    const printed = await page.evaluate<unknown[]>("ready.then(() => printed)");
    const call: ModulePage["call"] = (name, argument) =>
      page.evaluate(callExport, { name, argument });
    return { printed, call, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Runs in the page. */
function callExport({ name, argument }: { name: string; argument: unknown }) {
  // biome-ignore lint/suspicious/noExplicitAny: the module has functions of all signatures.
  return (globalThis as any).ready.then((module: any) => module[name](argument));
}

async function bundle(module: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(module, import.meta.url))],
    bundle: true,
    write: false,
    format: "esm",
    conditions: ["@surprisal/source"],
    logLevel: "error",
  });
  return outputFiles[0].text;
}

async function serve(script: string, files: Readonly<Record<string, string>>) {
  const server = createServer(async ({ url = "/" }, response) => {
    const name = url.slice(1);
    if (name === "") {
      response.setHeader("content-type", "text/html");
      response.end(html);
      return;
    }
    const type = name.endsWith(".wasm") ? "application/wasm" : "text/javascript";
    const body = name === "page.js" ? script : await readFile(files[name] ?? "").catch(() => null);
    response.statusCode = body === null ? 404 : 200;
    response.setHeader("content-type", type);
    response.end(body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return server;
}
