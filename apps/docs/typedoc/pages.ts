import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pathOf } from "../.vitepress/paths.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Returns the URLs of the pages of functions and losses, by name. */
export function readPages(): ReadonlyMap<string, string> {
  const files = globSync("packages/*/src/**/*.md", { cwd: root });
  return new Map(
    files.map((file) => {
      const link = `/${pathOf(file.replaceAll("\\", "/")).replace(/\.md$/, "")}`;
      return [link.split("/").at(-1) ?? "", link];
    }),
  );
}
