import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileProject, readExamples } from "@surprisal/testing";
import { afterAll, expect, test } from "vitest";

const root = new URL("../../../", import.meta.url);
const sources = ["*.md", "docs/**/*.md", "packages/*/*.md", "packages/*/src/**/*.{md,ts}"];
const folder = mkdtempSync(join(tmpdir(), "surprisal-examples-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The source of the packages, as their users import them. */
const entries = {
  "@surprisal/core": "packages/core/src/index.ts",
  "@surprisal/core/authoring": "packages/core/src/authoring.ts",
  "@surprisal/evaluation": "packages/evaluation/src/index.ts",
  "@surprisal/language": "packages/language/src/index.ts",
  "@surprisal/losses": "packages/losses/src/index.ts",
  "@surprisal/threads": "packages/threads/src/index.ts",
  "@surprisal/webgpu": "packages/webgpu/src/index.ts",
};

/** The options that `tsc --init` sets, as far as they are about types. */
const compilerOptions = {
  target: "ES2022",
  lib: ["ES2023", "DOM"],
  module: "ESNext",
  moduleResolution: "Bundler",
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  paths: Object.fromEntries(
    Object.entries(entries).map(([name, path]) => [name, [fileURLToPath(new URL(path, root))]]),
  ),
};

/** The module of the function that draws a chart in the site's programs. */
const plotter = fileURLToPath(
  new URL("../.vitepress/theme/components/runnable/sandbox/plot.ts", import.meta.url),
);
const globals = `declare const plot: ReturnType<typeof import(${JSON.stringify(plotter)}).plotter>;\n`;

test("all examples compile under strict", { timeout: 120_000 }, async () => {
  const imports = Object.keys(entries);
  const places = new Map<string, string>();
  for (const source of globSync(sources, {
    cwd: root,
    exclude: ["**/node_modules/**", "**/*.test.ts"],
  })) {
    for (const { line, code } of readExamples(new URL(source, root))) {
      const modules = Array.from(code.matchAll(/from "([^"]+)"/g), ([, name]) => name);
      if (!modules.every((name) => imports.includes(name))) continue;
      const name = `example${places.size}.ts`;
      places.set(name, `${source}, the example at line ${line}`);
      writeFileSync(join(folder, name), code);
    }
  }
  writeFileSync(join(folder, "globals.d.ts"), globals);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*"] }));
  const errors = (await compileProject(folder)).flatMap((line) => {
    const name = line.match(/^(example\d+\.ts)\(/)?.[1] ?? "";
    return places.has(name) ? `${places.get(name)}: ${line}` : [];
  });
  expect(places.size).toBeGreaterThan(200);
  expect(errors).toEqual([]);
});
