import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findFiles, readImports, resolveImport } from "./readImports.ts";

const root = new URL("../../../", import.meta.url);

/** The published packages that each published package may import. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  losses: ["core"],
  language: ["core", "losses"],
  evaluation: ["core", "losses"],
  threads: ["core"],
  tfjs: ["core", "losses"],
  webgpu: ["core", "losses"],
};

/** The packages whose results the tests of a package compare with its own. */
const compared: Readonly<Record<string, readonly string[]>> = {
  threads: ["losses", "language"],
  webgpu: ["language"],
};

interface Import {
  /** The folder that the importing file is in: "packages/losses". */
  readonly from: string;
  readonly file: string;
  readonly specifier: string;
}

const imports = findFiles(root, "{packages,apps}/**/*.{ts,vue}").flatMap((file) =>
  readImports(root, file).map((specifier): Import => {
    return { from: folderOf(file), file, specifier };
  }),
);

/** The imports of workspace packages by name, with the package's name and the entry. */
const byName = imports.flatMap((found) => {
  const match = /^@surprisal\/([^/]+)(\/.*)?$/.exec(found.specifier);
  return match === null ? [] : [{ ...found, name: match[1], entry: `.${match[2] ?? ""}` }];
});

function folderOf(file: string): string {
  return file.split("/").slice(0, 2).join("/");
}

/** Returns whether a file is a test or a benchmark, which are not published. */
function isTest(file: string): boolean {
  return file.endsWith(".test.ts") || /^[^/]+\/[^/]+\/(test|bench)\//.test(file);
}

const show = ({ file, specifier }: Import) => `${file} → ${specifier}`;

/** Programs that contain a package, so that users need not install it. */
const bundled: Readonly<Record<string, string>> = { "packages/threads/src/worker.ts": "losses" };

describe("the imports of the workspace", () => {
  it("run one way between the published packages", () => {
    const sources = byName.filter(({ from, file, name }) => {
      const importer = from.replace("packages/", "");
      const isPublished = importer in allowed;
      const isTool = name === "testing" || compared[importer]?.includes(name);
      return isPublished && !(isTest(file) && isTool);
    });
    expect(sources.length).toBeGreaterThan(0);
    const wrong = sources.filter(({ from, file, name }) => {
      const importer = from.replace("packages/", "");
      return name !== importer && !allowed[importer].includes(name) && bundled[file] !== name;
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it("name entries that the packages export", () => {
    const files = findFiles(root, "{packages,apps}/*/package.json");
    const exported = new Map(
      files.map((file) => {
        const { name, exports = {} } = JSON.parse(readFileSync(new URL(file, root), "utf8"));
        return [name, typeof exports === "string" ? ["."] : Object.keys(exports)];
      }),
    );
    const wrong = byName.filter(({ name, entry }) => {
      return !exported.get(`@surprisal/${name}`)?.includes(entry);
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it("do not lead into another package by a path", () => {
    const wrong = imports.filter(({ from, file, specifier }) => {
      if (!specifier.startsWith(".")) return false;
      const target = resolveImport(file, specifier);
      return /^(packages|apps)\//.test(target) && folderOf(target) !== from;
    });
    expect(wrong.map(show)).toEqual([]);
  });

  it("do not lead to the benchmark or to an app, except from an app", () => {
    const wrong = byName.filter(({ from, name }) => {
      return ["bench", "docs", "digits", "corpus"].includes(name) && !from.startsWith("apps/");
    });
    expect(wrong.map(show)).toEqual([]);
  });
});
