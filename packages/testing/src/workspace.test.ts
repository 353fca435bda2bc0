import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../../", import.meta.url);
const manifests = globSync(["package.json", "{packages,apps}/*/package.json"], { cwd: root });

test.each(manifests)("no script in %s runs turbo without scripts/run.mjs", (manifest) => {
  const { scripts = {} } = JSON.parse(readFileSync(new URL(manifest, root), "utf8"));
  // Run by itself, turbo reports telemetry.
  for (const script of Object.values(scripts)) expect(script).not.toMatch(/\bturbo /);
});
