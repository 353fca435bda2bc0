import { globSync, readFileSync } from "node:fs";
import * as core from "@surprisal/core";
import * as kernels from "@surprisal/core/authoring";
import * as evaluation from "@surprisal/evaluation";
import * as losses from "@surprisal/losses";
import { holds, readExamples, runExample } from "@surprisal/testing";
import { expect, test, vi } from "vitest";
import { plotter } from "../.vitepress/theme/components/runnable/sandbox/plot.ts";

const modules = {
  "@surprisal/core": core,
  "@surprisal/core/authoring": kernels,
  "@surprisal/evaluation": evaluation,
  "@surprisal/losses": losses,
};

vi.stubGlobal(
  "plot",
  plotter(() => {}),
);

const root = new URL("../../../", import.meta.url);
const pages = globSync(["docs/**/*.md", "packages/*/src/**/*.md"], { cwd: root });

test.each(pages.map((page) => ({ page })))(
  "the claims of the code in $page are true",
  async ({ page }) => {
    const url = new URL(page, root);
    const examples = readExamples(url);
    const blocks = readFileSync(url, "utf8").match(/^```ts/gm) ?? [];
    expect(examples).toHaveLength(blocks.length);

    for (const example of examples) {
      const claims = await runExample(example, modules);
      const wrong = claims.filter((claim) => !holds(claim));
      expect(wrong, `the example at line ${example.line}`).toEqual([]);
    }
  },
);

test("some pages have examples", () => {
  expect(pages).toContain("docs/guide/getting-started.md");
  expect(pages).toContain("packages/losses/src/crossEntropy/crossEntropy.md");
});
