import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "./command.ts";
import { publicPackages, readManifest } from "./packages.ts";
import type { Registry } from "./registry.ts";
import { packageManager, root } from "./tools.ts";

/**
 * Versions and publishes the last commit as a release would: with changesets, in a clone.
 *
 * The clone gets the built files of the workspace. Returns the published version of each package.
 */
export async function publishTo(registry: Registry, clone: string): Promise<Map<string, string>> {
  await mustRun("git", ["clone", "--quiet", "--no-hardlinks", root, clone], { cwd: root });
  // Changesets are the workspace's own; they find everything else in the clone.
  symlinkSync(join(root, "node_modules"), join(clone, "node_modules"), "junction");
  const published = publicPackages();
  for (const { folder } of published) {
    cpSync(join(root, folder, "dist"), join(clone, folder, "dist"), { recursive: true });
    linkDependencies(clone, folder);
    // npm reads only the one beside the package.json.
    writeFileSync(join(clone, folder, ".npmrc"), registry.npmrc);
  }
  writeFileSync(join(clone, ".npmrc"), registry.npmrc);
  const changeset = join(root, "node_modules/@changesets/cli/bin.js");
  // Without changesets the versions are set already, and the command would fail.
  if (readdirSync(join(clone, ".changeset")).some((file) => file.endsWith(".md")))
    await mustRun(process.execPath, [changeset, "version"], { cwd: clone });

  await checkRegistry(clone, registry);
  const pnpm = ["--yes", packageManager, "exec"];
  const publish = [...pnpm, process.execPath, changeset, "publish", "--no-git-tag"];
  await mustRun("npx", publish, {
    cwd: clone,
    seconds: 400,
  });
  return new Map(
    published.map(({ name, folder }) => [name, readManifest(join(clone, folder)).version]),
  );
}

/** Makes sure that nothing can go to the public registry, also where a maintainer is logged in. */
async function checkRegistry(clone: string, { url }: Registry): Promise<void> {
  for (const folder of ["", ...publicPackages().map((each) => each.folder)]) {
    const config = ["config", "get", "@surprisal:registry"];
    const found = await mustRun("npm", config, { cwd: join(clone, folder) });
    if (found.trim() !== url) throw new Error(`${folder} would be published to ${found.trim()}.`);
  }
}

/** Links the packages of the clone to each other, as pnpm would: it reads their versions when it packs. */
function linkDependencies(clone: string, folder: string): void {
  const { dependencies = {} } = readManifest(join(clone, folder));
  for (const name of Object.keys(dependencies)) {
    const target = join(clone, "packages", name.replace("@surprisal/", ""));
    mkdirSync(join(clone, folder, "node_modules/@surprisal"), { recursive: true });
    symlinkSync(target, join(clone, folder, "node_modules", name), "junction");
  }
}
