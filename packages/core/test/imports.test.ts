import { describe, expect, it } from "vitest";
import { findFiles, readImports, resolveImport } from "./readImports.ts";

const source = new URL("../src/", import.meta.url);

/** The parts of `src`, each of which may import from those after it. */
const layers = ["entry", "functions", "kernels", "generated", "arrays", "arguments", "types"];

const files = findFiles(source, "**/*.ts").filter((file) => !file.endsWith(".test.ts"));
const imports = new Map(
  files.map((file) => [
    file,
    readImports(source, file).map((specifier) =>
      specifier.startsWith(".") ? resolveImport(file, specifier) : specifier,
    ),
  ]),
);

function layerOf(file: string): number {
  if (file === "types.ts") return layers.indexOf("types");
  return layers.indexOf(file.includes("/") ? file.split("/")[0] : "entry");
}

/** Returns the files of the first import cycle that can be reached from a file, or an empty list. */
function findCycle(file: string, path: readonly string[], visited: Set<string>): readonly string[] {
  if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
  if (visited.has(file)) return [];
  visited.add(file);
  for (const imported of imports.get(file) ?? []) {
    const cycle = findCycle(imported, [...path, file], visited);
    if (cycle.length > 0) return cycle;
  }
  return [];
}

describe("the imports of core", () => {
  it("lead to files of src, and to nothing else", () => {
    expect(files).toContain("functions/softmax/softmax.ts");
    const outside = [...imports].flatMap(([file, imported]) =>
      imported.filter((target) => !files.includes(target)).map((target) => `${file} → ${target}`),
    );
    expect(outside).toEqual([]);
  });

  it("run one way: functions, kernels, arrays, arguments, types", () => {
    expect(files.filter((file) => layerOf(file) === -1)).toEqual([]);
    const upward = [...imports].flatMap(([file, imported]) =>
      imported
        .filter((target) => layerOf(target) < layerOf(file))
        .map((target) => `${file} → ${target}`),
    );
    expect(upward).toEqual([]);
  });

  it("have no cycle", () => {
    const visited = new Set<string>();
    expect(files.map((file) => findCycle(file, [], visited)).filter((c) => c.length > 0)).toEqual(
      [],
    );
  });
});
