import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as core from "@surprisal/core";
import { holds, readExamples, runExample } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const script = fileURLToPath(new URL("../scripts/newLoss.mjs", import.meta.url));

const templates = new URL("../_template/", import.meta.url);
const kinds = readdirSync(templates);

it("there is a template for each kind of loss", () => {
  expect(kinds.sort()).toEqual(["batch", "class", "element", "row"]);
});

describe.each(kinds)("the template of kind %s", (kind) => {
  const examples = ["template.ts", "template.md"].flatMap((file) =>
    readExamples(new URL(`${kind}/${file}`, templates)).map((example) => ({ file, ...example })),
  );

  it.each(examples)("runs the example of $file, line $line", async (example) => {
    const template = await import(new URL(`${kind}/template.ts`, templates).href);
    const modules = { "@surprisal/core": core, "@surprisal/losses": template };
    const claims = await runExample(example, modules);
    expect(claims.length).toBeGreaterThan(0);
    expect(claims.filter((claim) => !holds(claim))).toEqual([]);
  });
});

const newLoss = (...args: string[]) =>
  spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });

describe.each(kinds)("a copy of the template of kind %s", (kind) => {
  let parent: string;
  let copy: string;

  beforeAll(() => {
    parent = mkdtempSync(join(tmpdir(), "losses-"));
    copy = join(parent, "logCoshLoss");
    const { status } = newLoss("logCoshLoss", `${pathToFileURL(parent)}/`, "--kind", kind);
    expect(status).toBe(0);
  });
  afterAll(() => rmSync(parent, { recursive: true }));

  it("has the files of a loss", () => {
    expect(readdirSync(copy).sort()).toEqual([
      "logCoshLoss.cases.json.gz",
      "logCoshLoss.cases.py",
      "logCoshLoss.md",
      "logCoshLoss.test.ts",
      "logCoshLoss.ts",
    ]);
  });

  it("has the loss's name everywhere, and imports from where it is", () => {
    for (const file of readdirSync(copy).filter((name) => !name.endsWith(".gz"))) {
      const text = readFileSync(join(copy, file), "utf8");
      expect(text, file).not.toMatch(/template/i);
      expect(text, file).not.toMatch(/"\.\.\/(src|test)\//);
      expect(text, file).toContain("logCoshLoss");
    }
    const source = readFileSync(join(copy, "logCoshLoss.ts"), "utf8");
    expect(source).toContain("export interface LogCoshLossOptions extends");
  });

  it("is not replaced by another", () => {
    const args = ["logCoshLoss", `${pathToFileURL(parent)}/`, "--kind", kind];
    expect(newLoss(...args)).toMatchObject({ status: 1 });
  });
});

it("a copy needs a name in camelCase and a kind that there is", () => {
  expect(newLoss("LogCosh").stderr).toBe('A loss needs a name in camelCase, got "LogCosh".\n');
  expect(newLoss("../escape").status).toBe(1);
  const { status, stderr } = newLoss("logCosh", "--kind", "pixel");
  expect(status).toBe(1);
  expect(stderr).toMatch(/^There is no kind "pixel"\. Write: pnpm new-loss myLoss --kind .*row/);
  expect(newLoss("logCosh", "--kinds", "row").stderr).toContain("Write: pnpm new-loss");
});
