// pnpm pack:all: writes a tarball of each published package to a folder, tarballs/ by default.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fail, pnpm, root } from "./run.mjs";

const folder = resolve(root, process.argv[2] ?? "tarballs");
mkdirSync(folder, { recursive: true });

for (const name of readdirSync(join(root, "packages"))) {
  const directory = join(root, "packages", name);
  const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  if (manifest.private) continue;
  // pnpm replaces the workspace's version ranges and calls the hook of .pnpmfile.mjs.
  if (!pnpm("--silent", "--dir", directory, "pack", "--pack-destination", folder))
    fail(`Packing ${manifest.name} failed, see above.`);
}
console.log(`The tarballs are in ${folder}`);
