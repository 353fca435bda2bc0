// In a real browser, on a page's main thread, under a strict content security policy.
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";
import { build as esbuild } from "esbuild";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findBrowser } from "../../../scripts/browser.mjs";

const isolated = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";

/** The headers of each page. */
const pages: Record<string, Record<string, string>> = {
  "/isolated": { ...isolated, "Content-Security-Policy": policy },
  "/vite": { ...isolated, "Content-Security-Policy": policy },
  "/plain": { "Content-Security-Policy": policy },
  "/noWorkers": {
    ...isolated,
    "Content-Security-Policy": policy.replace("worker-src 'self'", "worker-src 'none'"),
  },
};

const entry = `${import.meta.dirname}/browserProgram.ts`;

/** Returns the files of a page by their address. esbuild does not look for the worker's file. */
async function bundleWithEsbuild(): Promise<Record<string, string>> {
  const { outputFiles } = await esbuild({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    write: false,
    conditions: ["@surprisal/source"],
  });
  const worker = new URL("../src/generated/worker.js", import.meta.url);
  return {
    "/page.js": outputFiles[0].text,
    "/generated/worker.js": readFileSync(worker, "utf8"),
  };
}

/** Returns the files of the page that Vite builds: it finds the worker's file by itself. */
async function bundleWithVite(): Promise<Record<string, string>> {
  // The Vite that Vitest depends on.
  const require = createRequire(createRequire(import.meta.url).resolve("vitest/package.json"));
  const { build } = await import(pathToFileURL(require.resolve("vite")).href);
  const result = (await build({
    configFile: false,
    logLevel: "error",
    base: "/vite/",
    resolve: { conditions: ["@surprisal/source"] },
    build: {
      write: false,
      modulePreload: false,
      rollupOptions: { input: { page: entry }, output: { entryFileNames: "[name].js" } },
    },
  })) as { readonly output: readonly BundledFile[] };
  return Object.fromEntries(
    result.output.map(({ fileName, code, source }) => [
      `/vite/${fileName}`,
      code ?? String(source instanceof Uint8Array ? Buffer.from(source) : source),
    ]),
  );
}

interface BundledFile {
  readonly fileName: string;
  readonly code?: string;
  readonly source?: string | Uint8Array;
}

let browser: Browser;
let server: Server;
let origin: string;

beforeAll(async () => {
  const scripts = { ...(await bundleWithEsbuild()), ...(await bundleWithVite()) };
  server = createServer(({ url = "" }, response) => {
    if (url in scripts) {
      const headers = { ...pages["/isolated"], "Content-Type": "text/javascript" };
      response.writeHead(200, headers).end(scripts[url]);
    } else {
      response.writeHead(url in pages ? 200 : 404, { ...pages[url], "Content-Type": "text/html" });
      const script = url === "/vite" ? "/vite/page.js" : "/page.js";
      response.end(`<!doctype html><script type="module" src="${script}"></script>`);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"];
  browser = await chromium.launch({ ...findBrowser(), args });
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

interface Check {
  readonly report: { readonly count: number; readonly reason?: string };
  readonly isSame: boolean;
  readonly before: object;
  readonly after: object;
}

async function check(path: string): Promise<Check & { workers: number; errors: string[] }> {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  await page.goto(origin + path);
  await page.waitForFunction(() => "check" in globalThis);
  const result = await page.evaluate(() =>
    (globalThis as unknown as { check(): Promise<Check> }).check(),
  );
  await expect.poll(() => page.workers().length).toBe(0);
  const workers = page.workers().length;
  await page.close();
  return { ...result, workers, errors };
}

it.each([
  ["esbuild", "/isolated"],
  ["Vite", "/vite"],
])(
  "computes on every thread of an isolated page that %s has built, and leaves no worker behind",
  async (_, path) => {
    const running = { state: "running" };
    const three = { count: 3, shared: true, workers: [running, running] };
    expect(await check(path)).toEqual({
      report: three,
      isSame: true,
      before: three,
      after: { count: 1, shared: true, workers: [] },
      workers: 0,
      errors: [],
    });
  },
);

it("stays on one thread where the page is not isolated, and says why", async () => {
  const { report, isSame, errors } = await check("/plain");
  expect(report).toMatchObject({ count: 1, shared: false, workers: [] });
  expect(report.reason).toMatch(/not crossOriginIsolated/);
  expect({ isSame, errors }).toEqual({ isSame: true, errors: [] });
});

it("stays on one thread where the policy forbids workers, and says why", async () => {
  const { report, isSame, errors } = await check("/noWorkers");
  expect(report.count).toBe(1);
  expect(report.reason).toMatch(/^no worker starts: /);
  expect({ isSame, errors }).toEqual({ isSame: true, errors: [] });
});
