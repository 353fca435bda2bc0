// Bundles each package to one ES module, which the site serves at /modules/, and writes the table of
// their sizes and hashes.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build, type Plugin } from "esbuild";
import { importMapExample, type ModuleFile, modulesTable } from "./describeModules.ts";

/** The entries of each module. Two entries of a package share its state, so that they share a file. */
const modules: Readonly<Record<string, readonly string[]>> = {
  core: ["@surprisal/core", "@surprisal/core/authoring"],
  losses: ["@surprisal/losses"],
  language: ["@surprisal/language"],
  evaluation: ["@surprisal/evaluation"],
  threads: ["@surprisal/threads"],
};

const path = (relative: string) => fileURLToPath(new URL(`../${relative}`, import.meta.url));
const folder = path("public/modules");
const fileOf = new Map(
  Object.entries(modules).flatMap(([name, entries]) => entries.map((entry) => [entry, name])),
);

rmSync(folder, { recursive: true, force: true });
mkdirSync(`${folder}/generated`, { recursive: true });
const files: ModuleFile[] = [];
for (const [name, entries] of Object.entries(modules)) {
  await build({
    stdin: {
      contents: entries.map((entry) => `export * from "${entry}";`).join("\n"),
      resolveDir: path("."),
    },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    outfile: `${folder}/${name}.js`,
    legalComments: "none",
    banner: { js: "/*! Surprisal. MIT licence: /modules/LICENSE */" },
    plugins: [importOtherModules(entries)],
  });
  files.push(describe(name, entries));
}
// The threads find the file of their workers relative to their own.
copyFileSync(
  path("../../packages/threads/dist/generated/worker.js"),
  `${folder}/generated/worker.js`,
);
copyFileSync(path("../../LICENSE"), `${folder}/LICENSE`);

const origin = process.env.SITE_ORIGIN ?? "";
mkdirSync(path("reference/options"), { recursive: true });
writeFileSync(
  path("reference/options/modules.md"),
  [modulesTable(files), "", importMapExample(files, origin), ""].join("\n"),
);

/** Leaves imports of other packages to their modules, which are in the same folder. */
function importOtherModules(own: readonly string[]): Plugin {
  return {
    name: "import other modules",
    setup({ onResolve }) {
      onResolve({ filter: /^@surprisal\// }, ({ path: entry }) => {
        if (own.includes(entry)) return undefined;
        const file = fileOf.get(entry);
        if (file === undefined) return { errors: [{ text: `${entry} is in no module.` }] };
        return { path: `./${file}.js`, external: true };
      });
    },
  };
}

function describe(name: string, entries: readonly string[]): ModuleFile {
  const content = readFileSync(`${folder}/${name}.js`);
  return {
    path: `/modules/${name}.js`,
    entries,
    bytes: content.length,
    compressedBytes: brotliCompressSync(content).length,
    integrity: `sha384-${createHash("sha384").update(content).digest("base64")}`,
  };
}
