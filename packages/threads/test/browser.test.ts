// In a real browser, on a page's main thread, under a strict content security policy.
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { build } from "esbuild";
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
  "/plain": { "Content-Security-Policy": policy },
  "/noWorkers": {
    ...isolated,
    "Content-Security-Policy": policy.replace("worker-src 'self'", "worker-src 'none'"),
  },
};

const program = `
  import { allocate, softmax, tensor } from "@surprisal/core";
  import { crossEntropy } from "@surprisal/losses";
  import { threads, useThreads } from "./index.ts";

  const shape = [1000, 500];
  const input = tensor(Float32Array.from({ length: 500_000 }, (_, i) => 3 * Math.sin(i)), shape);
  const target = Int32Array.from({ length: 1000 }, (_, i) => i % 500);
  const results = () => {
    const x = allocate(shape);
    x.data.set(input.data);
    const { value, grad } = crossEntropy.valueAndGrad(input, target);
    return [softmax(input).data, softmax(x).data, Float64Array.of(value), grad.data];
  };

  globalThis.check = async () => {
    const expected = results();
    const report = await useThreads(3);
    let isSame = true;
    for (let i = 0; i < 30; i++) {
      results().forEach((all, j) => {
        isSame &&= all.every((value, k) => Object.is(value, expected[j][k]));
      });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const before = threads();
    const after = await useThreads(1);
    return { report, isSame, before, after };
  };
`;

let browser: Browser;
let server: Server;
let origin: string;

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: `${import.meta.dirname}/../src`, loader: "ts" },
    bundle: true,
    format: "esm",
    write: false,
    conditions: ["@surprisal/source"],
  });
  const scripts: Record<string, string> = {
    "/page.js": outputFiles[0].text,
    "/generated/worker.js": readFileSync(
      new URL("../src/generated/worker.js", import.meta.url),
      "utf8",
    ),
  };
  server = createServer(({ url = "" }, response) => {
    if (url in scripts) {
      const headers = { ...pages["/isolated"], "Content-Type": "text/javascript" };
      response.writeHead(200, headers).end(scripts[url]);
    } else {
      response.writeHead(url in pages ? 200 : 404, { ...pages[url], "Content-Type": "text/html" });
      response.end('<!doctype html><script type="module" src="/page.js"></script>');
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

it("computes on every thread where the page is isolated, and leaves no worker behind", async () => {
  const running = { state: "running" };
  const three = { count: 3, shared: true, workers: [running, running] };
  expect(await check("/isolated")).toEqual({
    report: three,
    isSame: true,
    before: three,
    after: { count: 1, shared: true, workers: [] },
    workers: 0,
    errors: [],
  });
});

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
