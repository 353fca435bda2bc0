import { globSync, readFileSync } from "node:fs";
import * as core from "@surprisal/core";
import * as kernels from "@surprisal/core/authoring";
import * as evaluation from "@surprisal/evaluation";
import * as language from "@surprisal/language";
import * as losses from "@surprisal/losses";
import { readExamples } from "@surprisal/testing";
import { expect, test, vi } from "vitest";
import { folder } from "../../../../server/site.ts";
import { compileAndRun } from "../../../../test/compileAndRun.ts";
import { useSite } from "../../../../test/openSite.ts";
import { plotter } from "./sandbox/plot.ts";
import { codeIn } from "./shareLink.ts";

const modules = {
  "@surprisal/core": core,
  "@surprisal/core/authoring": kernels,
  "@surprisal/evaluation": evaluation,
  "@surprisal/language": language,
  "@surprisal/losses": losses,
};

vi.stubGlobal(
  "plot",
  plotter(() => {}),
);

const root = new URL("../../../../../../", import.meta.url);
const sources = ["docs/**/*.md", "packages/*/src/**/*.md", "apps/docs/reference/**/*.md"];
const pages = globSync(sources, { cwd: root }).filter((page) => page !== "docs/playground.md");
const blocks = pages.flatMap((page) =>
  readExamples(new URL(page, root)).map((block) => ({ page, ...block })),
);

const site = useSite();

test("pages of each kind have programs", () => {
  const kinds = ["docs/guide/", "docs/tutorials/", "packages/losses/", "apps/docs/reference/"];
  for (const kind of kinds) {
    expect(
      blocks.some(({ page }) => page.startsWith(kind)),
      kind,
    ).toBe(true);
  }
});

test("all programs of all pages compile and run", async () => {
  for (const { page, line, code } of blocks) {
    await expect(compileAndRun(code, modules), `${page}:${line}`).resolves.toBeDefined();
  }
}, 120_000);

test("all programs of all pages have a button, and a link that contains them", async () => {
  const found = new Map<string, number>();
  for (const file of globSync("**/*.html", { cwd: folder })) {
    const html = readFileSync(folder + file, "utf8");
    for (const [, hash] of html.matchAll(/href="\/playground(#code=[^"]*)"/g)) {
      const code = (await codeIn(hash))?.trim() ?? "";
      found.set(code, (found.get(code) ?? 0) + 1);
    }
  }
  const missing = blocks.filter(({ code }) => !found.has(code.trim()));
  expect(missing.map(({ page, line }) => `${page}:${line}`)).toEqual([]);
});

test.each([
  "/guide/getting-started",
  "/tutorials/why-log-softmax-and-nll",
  "/losses/crossEntropy",
  "/reference/losses/variables/crossEntropy",
])(
  "%s runs its programs where they stand",
  async (path) => {
    const page = await site.open(path);
    for (const block of await page.locator(".runnable").all()) {
      await block.getByRole("button", { name: "Run", exact: true }).click();
      const status = block.getByRole("status");
      await status.getByText(/^(Done|Stopped|Line|\w*Error|The program could not)/).waitFor();
      expect(await status.innerText()).toMatch(/^Done \(/);
    }
    await page.close();
  },
  120_000,
);

test("a block shows the values of its expressions, can be edited, and opens in the playground", async () => {
  const page = await site.open("/losses/crossEntropy");
  const block = page.locator(".runnable").first();
  await block.getByRole("button", { name: "Run", exact: true }).press("Enter");
  const value = String(losses.crossEntropy([2, 1, 0], 0));
  await block.getByText(value, { exact: true }).waitFor();
  expect(await block.locator(".program-output").innerText()).toContain(
    "crossEntropy([2, 1, 0], 0)",
  );
  await block.getByRole("button", { name: "Edit" }).click();
  const editor = page.getByRole("textbox", { name: "Program" });
  await editor.fill('import { mseLoss } from "@surprisal/losses";\nmseLoss([3], [1]);\n');
  await page.keyboard.press("Control+Enter");
  await block.getByText("mseLoss([3], [1])", { exact: true }).waitFor();
  await block.getByText("4", { exact: true }).waitFor();
  await block.getByRole("link", { name: "Open in playground" }).click();
  await page.waitForURL("**/playground#code=*");
  await editor.getByText("mseLoss([3], [1]);").waitFor();
  await page.close();
});
