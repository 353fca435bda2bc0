import { readdirSync } from "node:fs";
import * as core from "@surprisal/core";
import { holds, readExamples, runExample } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import * as evaluation from "../src/index.ts";

const source = new URL("../src/", import.meta.url);
const files = [
  "../README.md",
  ...readdirSync(source, { recursive: true, encoding: "utf8" }).filter((file) =>
    /(?<!\.test)\.(ts|md)$/.test(file),
  ),
];

describe("the examples in docstrings and pages run, and their comments are true", () => {
  const examples = files.flatMap((file) =>
    readExamples(new URL(file, source)).map((example) => ({ file, ...example })),
  );

  it("include every function", () => {
    const functions = Object.keys(evaluation).sort();
    const covered = functions.filter((name) =>
      examples.some(({ code }) => new RegExp(`\\b${name}[.(<]`).test(code)),
    );
    expect(covered).toEqual(functions);
  });

  it.each(examples)("$file:$line", async (example) => {
    for (const claim of await runExample(example, {
      "@surprisal/core": core,
      "@surprisal/evaluation": evaluation,
    })) {
      expect(
        holds(claim),
        `${claim.expression} gives ${JSON.stringify(claim.value)}, not ${claim.claimed}`,
      ).toBe(true);
    }
  });
});
