import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as core from "@surprisal/core";
import { holds, readExamples, runExample } from "@surprisal/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findNameProblem } from "../scripts/lossNames.mjs";

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
    copy = join(parent, "newestLoss");
    expect(newLoss("newestLoss", "--into", parent, "--kind", kind).status).toBe(0);
  });
  afterAll(() => rmSync(parent, { recursive: true }));

  it("has the files of a loss", () => {
    expect(readdirSync(copy).sort()).toEqual([
      "newestLoss.cases.json.gz",
      "newestLoss.cases.py",
      "newestLoss.md",
      "newestLoss.test.ts",
      "newestLoss.ts",
    ]);
  });

  it("has the loss's name everywhere, and imports from where it is", () => {
    for (const file of readdirSync(copy).filter((name) => !name.endsWith(".gz"))) {
      const text = readFileSync(join(copy, file), "utf8");
      expect(text, file).not.toMatch(/template/i);
      expect(text, file).not.toMatch(/"\.\.\/(src|test)\//);
      expect(text, file).toContain("newestLoss");
    }
    const source = readFileSync(join(copy, "newestLoss.ts"), "utf8");
    expect(source).toContain("export interface NewestLossOptions extends");
  });

  it("is not replaced by another", () => {
    const { status, stderr } = newLoss("newestLoss", "--into", parent, "--kind", kind);
    expect(status).toBe(1);
    expect(stderr).toContain("newestLoss already exists, expected a new name. Write another name");
  });
});

it("the script ignores --", () => {
  const parent = mkdtempSync(join(tmpdir(), "losses-"));
  try {
    const made = newLoss("--", "newestLoss", "--into", parent, "--kind", "row");
    expect(made).toMatchObject({ status: 0, stderr: "" });
    expect(readdirSync(parent)).toEqual(["newestLoss"]);
  } finally {
    rmSync(parent, { recursive: true });
  }
});

it("a name may hold the template's", () => {
  const parent = mkdtempSync(join(tmpdir(), "losses-"));
  try {
    const made = newLoss("myTemplateLoss", "--into", parent, "--kind", "element");
    expect(made).toMatchObject({ status: 0, stderr: "" });
    const source = readFileSync(join(parent, "myTemplateLoss", "myTemplateLoss.ts"), "utf8");
    expect(source).toContain("export const myTemplateLoss: Loss<");
    expect(source).toContain("export interface MyTemplateLossOptions extends");
  } finally {
    rmSync(parent, { recursive: true });
  }
});

describe("a copy is refused, and nothing is written", () => {
  const usage = /Write: pnpm new-loss myLoss --kind batch\|class\|element\|row\n$/;

  it.each([
    [["newLoss"], "Got no --kind, expected batch or class or element or row."],
    [
      ["newLoss", "--kind", "pixel"],
      'Got the kind "pixel", expected batch or class or element or row.',
    ],
    [["--kind", "row"], "Got 0 names (none), expected one."],
    [["newLoss", "another", "--kind", "row"], "Got 2 names (newLoss another), expected one."],
    [["newLoss", "--kinds", "row"], "Unknown option '--kinds'"],
  ])("for the arguments %j", (args, message) => {
    const parent = mkdtempSync(join(tmpdir(), "losses-"));
    try {
      const { status, stderr } = newLoss(...args, "--into", parent);
      expect(status).toBe(1);
      expect(stderr).toContain(message);
      expect(stderr).toMatch(usage);
      expect(readdirSync(parent)).toEqual([]);
    } finally {
      rmSync(parent, { recursive: true });
    }
  });

  it.each([
    ["LogCosh", "expected one in camelCase, of letters and digits. Write a name such as logCosh."],
    ["../escape", "expected one in camelCase"],
    ["my-loss", "Write a name such as myLoss."],
    ["", "Write a name such as myLoss."],
    [
      "class",
      "word of JavaScript, expected one that a constant can have. Write a name such as myClass.",
    ],
    ["default", "word of JavaScript"],
    ["delete", "word of JavaScript"],
    ["await", "word of JavaScript"],
    ["undefined", "word of JavaScript"],
    ["mseloss", 'differs from the folder "mseLoss" by more than its case'],
    ["mseLoss", "packages/losses/src/mseLoss exists. Work on that folder, or delete it first."],
    ["define", "packages/losses/src/define exists."],
    ["defineLoss", '@surprisal/losses has "defineLoss". Write a name such as myDefineLoss.'],
    ["composeCrossEntropy", '@surprisal/losses has "composeCrossEntropy"'],
    ["loss", '@surprisal/losses has "Loss"'],
    ["gradient", '@surprisal/losses has "Gradient"'],
    ["classLoss", '@surprisal/losses has "ClassLossOptions"'],
    ["softmax", '@surprisal/core has "SoftmaxOptions"'],
    ["categoricalCrossentropy", '@surprisal/tfjs has "categoricalCrossentropy"'],
    ["elementLoss", "which is a word of the template"],
    ["expect", "which is a word of the template"],
  ])("for the name %s", (name, message) => {
    // The function does not write. The script asks it first.
    const problem = findNameProblem(name, fileURLToPath(new URL("element", templates)));
    expect(problem).toContain(`Got the name "${name}"`);
    expect(problem).toContain(message);
  });

  it("for a name, by the script", () => {
    const parent = mkdtempSync(join(tmpdir(), "losses-"));
    try {
      const { status, stderr } = newLoss("mseloss", "--kind", "row", "--into", parent);
      expect(status).toBe(1);
      expect(stderr).toContain('Got the name "mseloss"');
      expect(readdirSync(parent)).toEqual([]);
    } finally {
      rmSync(parent, { recursive: true });
    }
  });
});
