import { globSync } from "node:fs";

const shown = [
  "CONTRIBUTING.md",
  "LICENSE",
  "docs/**/*.md",
  "packages/*/src/**/*.md",
  "packages/core/{src,assembly}/**/*.ts",
  "packages/{losses,language,evaluation}/src/**/*.ts",
];

const generated = ["packages/*/src/generated/**", "packages/losses/src/index.ts"];

/** Returns the files that have a source page: sources of the packages, and Markdown of the site. */
export function sourceFiles(): string[] {
  const root = new URL("../../../", import.meta.url);
  return globSync(shown, { cwd: root, exclude: ["**/*.test.ts", ...generated] })
    .map((file) => file.replaceAll("\\", "/"))
    .sort();
}
