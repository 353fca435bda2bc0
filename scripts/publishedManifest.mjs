import { readFileSync } from "node:fs";

const facts = JSON.parse(readFileSync(new URL("../publishing.json", import.meta.url), "utf8"));

/**
 * Returns the package.json that is published for a package of the workspace: with the repository and
 * author of `publishing.json`, where they are filled in, and without what only the workspace needs.
 */
export function publishedManifest(manifest) {
  const { devDependencies, scripts, ...published } = manifest;
  const directory = `packages/${manifest.name.replace("@surprisal/", "")}`;
  const { repository, ...rest } = facts;
  for (const [key, value] of Object.entries(rest)) if (value !== "") published[key] = value;
  if (repository !== "") published.repository = { type: "git", url: repository, directory };
  published.exports = withoutSources(manifest.exports);
  return published;
}

/** Returns the exports without the condition that leads to the sources, which are not published. */
function withoutSources(exports) {
  const entries = Object.entries(exports).map(([path, target]) => {
    if (typeof target === "string") return [path, target];
    const { "@surprisal/source": source, ...conditions } = target;
    return [path, conditions];
  });
  return Object.fromEntries(entries);
}
