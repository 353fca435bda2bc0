// pnpm pack:all: writes a tarball of each published package to a folder, tarballs/ by default.
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fail, pnpm, root } from "./run.mjs";

const folder = resolve(root, process.argv[2] ?? "tarballs");
mkdirSync(folder, { recursive: true });

const filters = readdirSync(join(root, "packages"))
  .map((name) => join(root, "packages", name, "package.json"))
  .filter((file) => existsSync(file))
  .map((file) => JSON.parse(readFileSync(file, "utf8")))
  .filter((manifest) => !manifest.private)
  .flatMap(({ name }) => ["--filter", name]);
// pnpm replaces the workspace's version ranges and calls the hook of .pnpmfile.mjs.
if (!pnpm("--silent", "--recursive", ...filters, "pack", "--pack-destination", folder))
  fail("Packing failed, see above.");
console.log(`The tarballs are in ${folder}`);
