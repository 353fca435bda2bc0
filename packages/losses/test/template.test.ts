import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as core from "@surprisal/core";
import { holds, readExamples, runExample } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as template from "../_template/template.ts";

const script = fileURLToPath(new URL("../scripts/newLoss.mjs", import.meta.url));

describe.each(["template.ts", "template.md"])("the examples of %s", (file) => {
  const examples = readExamples(new URL(`../_template/${file}`, import.meta.url));

  it.each(examples)("line $line", async (example) => {
    const modules = { "@surprisal/core": core, "@surprisal/losses": template };
    const claims = await runExample(example, modules);
    expect(claims.length).toBeGreaterThan(0);
    expect(claims.filter((claim) => !holds(claim))).toEqual([]);
  });
});

describe("a copy of the template", () => {
  let parent: string;
  let copy: string;

  const newLoss = (name: string) =>
    spawnSync(process.execPath, [script, name, `${pathToFileURL(parent)}/`], { encoding: "utf8" });

  beforeAll(() => {
    parent = mkdtempSync(join(tmpdir(), "losses-"));
    copy = join(parent, "logCoshLoss");
    expect(newLoss("logCoshLoss").status).toBe(0);
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

  it("replaces nothing, and needs a name in camelCase", () => {
    expect(newLoss("logCoshLoss")).toMatchObject({ status: 1 });
    expect(newLoss("LogCosh").stderr).toBe('A loss needs a name in camelCase, got "LogCosh".\n');
    expect(newLoss("../escape").status).toBe(1);
  });
});
