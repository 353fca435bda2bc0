import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pathOf } from "../.vitepress/paths.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The addresses of the pages that lie beside the sources, by the names of what they explain. */
export function readPages(): ReadonlyMap<string, string> {
  const files = globSync("packages/*/src/**/*.md", { cwd: root });
  return new Map(
    files.map((file) => {
      const link = `/${pathOf(file.replaceAll("\\", "/")).replace(/\.md$/, "")}`;
      return [link.split("/").at(-1) ?? "", link];
    }),
  );
}
