import { readdirSync } from "node:fs";
import { holds, readExamples, runExample } from "@surprisal/testing";
import { describe, expect, it } from "vitest";
import * as core from "../src/index.ts";

const source = new URL("../src/", import.meta.url);
const files = [
  "../README.md",
  ...readdirSync(source, { recursive: true, encoding: "utf8" }).filter((file) =>
    /(?<!\.test)\.ts$/.test(file),
  ),
];

describe("the examples of docstrings and of the README are correct", () => {
  const examples = files.flatMap((file) =>
    readExamples(new URL(file, source)).map((example) => ({ file, ...example })),
  );

  it("there is one for each function", () => {
    const functions = Object.keys(core).sort();
    const shown = functions.filter((name) =>
      examples.some(({ code }) => new RegExp(`\\b${name}\\(`).test(code)),
    );
    expect(shown).toEqual(functions);
  });

  it.each(examples)("$file:$line", async (example) => {
    for (const claim of await runExample(example, { "@surprisal/core": core })) {
      expect(
        holds(claim),
        `${claim.expression} gives ${JSON.stringify(claim.value)}, not ${claim.claimed}`,
      ).toBe(true);
    }
  });
});
