import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npmInstall, run } from "./command.ts";
import { conformancePackages, makeProject } from "./project.ts";
import { consumers, tools } from "./tools.ts";

/** The site that one bundler made of the same page: a folder, or why there is none. */
export interface Build {
  readonly name: string;
  readonly version: string;
  /** The folder's name, under the folder of all sites. */
  readonly path: string;
  readonly problem?: string;
}

interface Bundler {
  readonly name: string;
  readonly package: string;
  /** Arguments of Node that build `index.html` or `page.mjs` into `out`. */
  readonly command: (out: string) => string[];
  /** The address of the page's script, where the bundler writes no HTML. */
  readonly script?: string;
  /** Whether the file of the threads' worker must be copied beside the bundle. */
  readonly copyWorker?: boolean;
}

const bundlers: readonly Bundler[] = [
  {
    name: "Vite",
    package: "vite",
    command: (out) => ["vite/bin/vite.js", "build", "--base", "./", "--outDir", out],
  },
  {
    name: "webpack",
    package: "webpack",
    command: (out) => ["webpack-cli/bin/cli.js", "--config", "webpack.config.mjs", "-o", out],
    script: '<script defer src="./main.js"></script>',
  },
  {
    name: "Rollup",
    package: "rollup",
    command: (out) => [
      "rollup/dist/bin/rollup",
      ...["page.mjs", "worker.mjs", "--plugin", "@rollup/plugin-node-resolve", "--silent"],
      ...["--entryFileNames", "[name].mjs", "--dir", out],
    ],
    script: '<script type="module" src="./page.mjs"></script>',
    copyWorker: true,
  },
  {
    name: "esbuild",
    package: "esbuild",
    command: (out) => [
      "esbuild/bin/esbuild",
      ...["page.mjs", "worker.mjs", "--bundle", "--minify", "--format=esm"],
      ...["--out-extension:.js=.mjs", `--outdir=${out}`],
    ],
    script: '<script type="module" src="./page.mjs"></script>',
    copyWorker: true,
  },
  {
    name: "Parcel",
    package: "parcel",
    command: (out) => [
      "parcel/lib/bin.js",
      ...["build", "index.html", "--public-url", "./", "--dist-dir", out],
      ...["--no-cache", "--no-source-maps"],
    ],
  },
];

/** Builds the page of the conformance checks with each bundler, and once for native modules. */
export async function buildSites(folder: string, npmrc: string, sites: string): Promise<Build[]> {
  const project = join(folder, "bundlers");
  makeProject(project, npmrc);
  const programs = Object.entries(tools.bundlers).map(([name, version]) => `${name}@${version}`);
  await npmInstall(project, [...conformancePackages, ...programs]);
  cpSync(join(consumers, "browser"), project, { recursive: true });
  copyFileSync(join(consumers, "conformance.mjs"), join(project, "conformance.mjs"));

  const builds: Build[] = [];
  for (const bundler of bundlers) {
    const version = tools.bundlers[bundler.package];
    const path = bundler.package;
    const [program, ...args] = bundler.command(join(sites, path));
    const entry = join(project, "node_modules", program);
    const { ok, problem } = await run(process.execPath, [entry, ...args], {
      cwd: project,
      // Parcel asks before it reports; others read the same variable.
      env: { PARCEL_WORKERS: "2", DO_NOT_TRACK: "1" },
      seconds: 180,
    });
    if (ok) complete(bundler, project, join(sites, path));
    builds.push({ name: bundler.name, version, path, ...(ok ? {} : { problem }) });
  }
  builds.push(nativeModules(project, sites));
  return builds;
}

/** Writes what a bundler leaves to its user. */
function complete({ script, copyWorker }: Bundler, project: string, out: string): void {
  if (script !== undefined) {
    const page = readFileSync(join(project, "index.html"), "utf8");
    writeFileSync(join(out, "index.html"), page.replace(/<script.*<\/script>/, script));
  }
  if (!copyWorker) return;
  mkdirSync(join(out, "generated"));
  const worker = join(project, "node_modules/@surprisal/threads/dist/generated/worker.js");
  copyFileSync(worker, join(out, "generated/worker.js"));
}

/** Copies the packages as they are, with a page that finds them by an import map. */
function nativeModules(project: string, sites: string): Build {
  const out = join(sites, "native");
  mkdirSync(out, { recursive: true });
  for (const name of conformancePackages)
    cpSync(join(project, "node_modules", name), join(out, name), { recursive: true });
  for (const file of ["page.mjs", "conformance.mjs"])
    copyFileSync(join(project, file), join(out, file));
  const imports = Object.fromEntries([
    ...conformancePackages.map((name) => [name, `./${name}/dist/index.js`]),
    ["@surprisal/core/authoring", "./@surprisal/core/dist/authoring.js"],
  ]);
  const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
  const page = readFileSync(join(project, "index.html"), "utf8");
  writeFileSync(join(out, "index.html"), page.replace("<script", `${map}\n<script`));
  return { name: "native modules", version: "", path: "native" };
}
