import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { useSite } from "./openSite.ts";

const site = useSite();

/** The example of the page, which is written when the modules are built. */
const generated = readFileSync(new URL("../reference/options/modules.md", import.meta.url), "utf8");
const example = /```html\n([\s\S]*?)```/.exec(generated)?.[1] ?? "";

/** Opens HTML as a page of the site, and returns the problems that the browser reports. */
async function openHtml(html: string): Promise<{ page: Page; problems: string[] }> {
  const page = await site.browser.newPage();
  const problems: string[] = [];
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  await page.route("**/example.html", (route) =>
    route.fulfill({ contentType: "text/html", body: `<!doctype html><body>${html}` }),
  );
  await page.goto(`${site.url}/example.html`);
  return { page, problems };
}

test("the import map of the page loads the modules that the site serves", async () => {
  const { page, problems } = await openHtml(example);
  await page.waitForFunction(() => document.body.textContent?.includes("0.4076059644443"));
  expect(problems).toEqual([]);
  await page.close();
});

test("a module that differs from its hash is refused", async () => {
  const changed = example.replace(/(losses\.js": "sha384-).{4}/, "$1AAAA");
  expect(changed).not.toBe(example);
  const { page, problems } = await openHtml(changed);
  await expect.poll(() => problems.join("\n")).toMatch(/integrity/);
  expect(await page.textContent("body")).not.toContain("0.4076");
  await page.close();
});

test("all modules share one core", async () => {
  const { page, problems } = await openHtml(`<script type="module">
    import { kernels, tensor, useKernels } from "/modules/core.js";
    import { crossEntropy } from "/modules/losses.js";
    import { perplexity } from "/modules/language.js";
    import { accuracy } from "/modules/evaluation.js";
    import { threads } from "/modules/threads.js";
    useKernels("js");
    const logits = tensor(new Float32Array(200).map((_, i) => (i * 7) % 11), [2, 100]);
    const loss = crossEntropy(logits, [3, 4]);
    globalThis.result = {
      ratio: Math.log(perplexity(logits, [3, 4])) / loss,
      accuracy: accuracy(logits, [3, 4]),
      threads: threads().count,
      active: kernels().active,
    };
  </script>`);
  await page.waitForFunction(() => "result" in globalThis);
  const result = await page.evaluate(() => (globalThis as { result?: unknown }).result);
  expect(result).toEqual({ ratio: expect.closeTo(1, 6), accuracy: 0.5, threads: 1, active: "js" });
  expect(problems).toEqual([]);
  await page.close();
});

test("the site has the licences of what its bundles contain", async () => {
  const text = await (await fetch(`${site.url}/licences.txt`)).text();
  expect(text).toMatch(/^@vue\/runtime-core \d.*: MIT$/m);
  expect(text).toMatch(/^vitepress \d.*: MIT$/m);
  expect(text).not.toContain(": unknown");
  expect(text).not.toContain("contains no text of its licence");
});
