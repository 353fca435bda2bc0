import { CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { javascript } from "@codemirror/lang-javascript";
import { ensureSyntaxTree } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { expect, test } from "vitest";
import api from "./api.data.ts";
import { completeApi } from "./completeApi.ts";

const complete = completeApi(
  (api as unknown as { load(): Parameters<typeof completeApi>[0] }).load(),
);

/** Returns the completion at the | in a program. */
function completionAt(program: string): CompletionResult | null {
  const [before, after] = program.split("|");
  const state = EditorState.create({
    doc: before + after,
    extensions: javascript({ typescript: true }),
  });
  // The test is of the completion: a busy machine takes as long as it needs for the parser.
  ensureSyntaxTree(state, state.doc.length, 10_000);
  return complete(new CompletionContext(state, before.length, false));
}

const labelsAt = (program: string) =>
  completionAt(program)?.options.map(({ label }) => label) ?? [];

test.each([
  ["crossEntropy.|", ["valueAndGrad"]],
  ["accuracy.|", ["accumulator"]],
  ["plot.|", ["bars", "line"]],
  ["plot.b|", ["bars", "line"]],
  ['import * as all from "@surprisal/losses";\nall.crossEntropy.|', ["valueAndGrad"]],
  ["languageScore.|", ["createAccumulator", "addInput", "mergeAccumulators", "extractOutput"]],
])("completes the methods in %s", (program, expected) => {
  expect(labelsAt(program).sort()).toEqual([...expected].sort());
});

test("offers nothing after a name that it does not know, and nothing in a comment", () => {
  expect(labelsAt("somebody.|")).toEqual([]);
  expect(labelsAt("crossEntropy.valueAndGrad.|")).toEqual([]);
  expect(completionAt("// crossEn|")).toBeNull();
});

test("offers the names of a namespace, without types", () => {
  const labels = labelsAt('import * as all from "@surprisal/evaluation";\nall.|');
  expect(labels).toEqual(expect.arrayContaining(["accuracy", "reliability"]));
  expect(labels).not.toContain("Metric");
});

test("offers names by module, and types only where a type is written", () => {
  const found = completionAt("cross|")?.options ?? [];
  const sectionOf = (name: string) => {
    const section = found.find(({ label }) => label === name)?.section;
    return typeof section === "object" ? section.name : section;
  };
  expect(sectionOf("crossEntropy")).toBe("@surprisal/losses");
  expect(sectionOf("tokenLogProbs")).toBe("@surprisal/language");
  expect(sectionOf("accuracy")).toBe("@surprisal/evaluation");
  expect(found.map(({ label }) => label)).not.toContain("Metric");
  expect(labelsAt("let metric: Met|")).toContain("Metric");
  expect(labelsAt('import { Met| } from "@surprisal/evaluation";')).toContain("Metric");
});

test("offers the options of functions and of their methods", () => {
  expect(labelsAt("crossEntropy(x, t, { lab| })")).toContain("labelSmoothing");
  expect(labelsAt("crossEntropy.valueAndGrad(x, t, { grad| })")).toContain("gradOutput");
  expect(labelsAt("plot.bars(x, { ti| })")).toEqual(["title", "x"]);
});

test("offers all modules in an import", () => {
  expect(labelsAt('import { accuracy } from "@sur|"')).toEqual([
    "@surprisal/core",
    "@surprisal/core/authoring",
    "@surprisal/evaluation",
    "@surprisal/language",
    "@surprisal/losses",
  ]);
});
