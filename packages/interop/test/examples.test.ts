import { globSync, readFileSync } from "node:fs";
import { holds } from "@surprisal/testing";
import { afterEach, expect, test, vi } from "vitest";
import { bundleForBrowser, runInBrowser } from "./browser.ts";

const folder = new URL("../examples/", import.meta.url);
const examples = globSync("*.ts", { cwd: folder });
/** Those that need what only a browser has. */
const browserExamples = ["imageData.ts"];

/** Returns what an example prints in each line, and what the comment beside that line claims. */
function readClaims(example: string) {
  const code = readFileSync(new URL(example, folder), "utf8");
  return [...code.matchAll(/^console\.log\((.*)\); \/\/ (.*)$/gm)].map(
    ([, expression, claimed]) => ({ expression, claimed }),
  );
}

/** Checks that an example has printed the numbers that its comments claim. */
function expectClaims(example: string, printed: readonly unknown[]) {
  const claims = readClaims(example);
  expect(claims.length).toBeGreaterThan(1);
  expect(printed).toHaveLength(claims.length);
  const wrong = claims
    .map((claim, i) => ({ ...claim, value: printed[i] }))
    .filter((claim) => !holds(claim));
  expect(wrong).toEqual([]);
}

afterEach(() => {
  vi.restoreAllMocks();
});

test.each(examples.filter((name) => !browserExamples.includes(name)))(
  "%s prints what it says",
  async (example) => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const name = example.replace(".ts", "");
    await import(`../examples/${name}.ts`);
    expectClaims(
      example,
      log.mock.calls.map(([value]) => value),
    );
  },
);

test.each(browserExamples)("%s prints what it says, in a browser", async (example) => {
  const code = await bundleForBrowser(new URL(example, folder));
  expectClaims(example, await runInBrowser(code));
});
