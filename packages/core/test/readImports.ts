import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";

/** Returns the files of a folder that match a pattern, as paths relative to the folder. */
export function findFiles(folder: URL, pattern: string): string[] {
  const files = globSync(pattern, { cwd: fileURLToPath(folder), exclude: isNotSource });
  return files.map((file) => file.replaceAll("\\", "/")).sort();
}

function isNotSource(path: string): boolean {
  return ["node_modules", "dist", "reference"].includes(path.split(/[\\/]/).at(-1) ?? "");
}

/**
 * Returns the modules that a TypeScript or Vue file imports, those of `import type` included, but not those of types
 * such as `import("module").Name`.
 */
export function readImports(folder: URL, file: string): string[] {
  const text = readFileSync(new URL(file, folder), "utf8");
  const code = file.endsWith(".vue")
    ? Array.from(text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g), ([, script]) => script).join(
        "\n",
      )
    : text;
  const { staticImports, staticExports, dynamicImports } = parseSync("module.ts", code).module;
  const exported = staticExports.flatMap(({ entries }) => entries.map((e) => e.moduleRequest));
  const called = dynamicImports
    .map(({ moduleRequest: { start, end } }) => code.slice(start, end))
    // A computed name is not known before the program runs.
    .filter((argument) => /^["'].*["']$/.test(argument))
    .map((argument) => ({ value: argument.slice(1, -1) }));
  const requests = [...staticImports.map((one) => one.moduleRequest), ...exported, ...called];
  return [...new Set(requests.flatMap((request) => request?.value ?? []))];
}

/** Returns the path of the file that a relative import in `file` leads to, relative to the same folder as `file`. */
export function resolveImport(file: string, specifier: string): string {
  return posix.join(posix.dirname(file), specifier);
}
