import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { holds, type Modules, readExamples, runExample } from "./examples.ts";

/** The examples of a package. */
export interface PackageExamples {
  /** The folder of the sources. Its docstrings are read. */
  readonly source: URL;
  /** Further files, relative to that folder. */
  readonly files: readonly string[];
  /** Whether the pages beside the sources are read too. */
  readonly pages?: boolean;
  /** The modules that examples import, by name. */
  readonly modules: Modules;
  /** The package's own module: each of its functions must be in an example. */
  readonly own: Readonly<Record<string, unknown>>;
  /** The characters that show, after a function's name, that an example uses it. */
  readonly uses?: string;
}

/** Checks that the examples of a package run, that their comments are true, and that none is missing. */
export function checkExamples(examined: PackageExamples): void {
  const { source, files, pages, modules, own, uses = "(<" } = examined;
  const isRead = pages ? /(?<!\.test)\.(ts|md)$/ : /(?<!\.test)\.ts$/;
  const sources = readdirSync(source, { recursive: true, encoding: "utf8" });
  const examples = [...files, ...sources.filter((file) => isRead.test(file))].flatMap((file) =>
    readExamples(new URL(file, source)).map((example) => ({ file, ...example })),
  );

  describe("the examples in docstrings and READMEs run, and their comments are true", () => {
    it("include every function", () => {
      const functions = Object.keys(own).sort();
      const covered = functions.filter((name) =>
        examples.some(({ code }) => new RegExp(`\\b${name}[${uses}]`).test(code)),
      );
      expect(covered).toEqual(functions);
    });

    it.each(examples)("$file:$line", async (example) => {
      for (const claim of await runExample(example, modules)) {
        const { expression, value, claimed } = claim;
        const message = `${expression} gives ${JSON.stringify(value)}, not ${claimed}`;
        expect(holds(claim), message).toBe(true);
      }
    });
  });
}
