import { globSync, readFileSync } from "node:fs";
import { pathOf } from "../.vitepress/paths.ts";

const root = new URL("../../../", import.meta.url);

/** The page of a function or loss. */
export interface FunctionPage {
  readonly url: string;
  /** Whether it has an explorer, whose example the index draws. */
  readonly isExplored: boolean;
}

/** Returns the pages of functions and losses, by name. */
export function readPages(): ReadonlyMap<string, FunctionPage> {
  const files = globSync("packages/*/src/**/*.md", { cwd: root });
  return new Map(
    files.map((file) => {
      const url = `/${pathOf(file.replaceAll("\\", "/")).replace(/\.md$/, "")}`;
      const isExplored = /^<Explorer\b/m.test(readFileSync(new URL(file, root), "utf8"));
      return [url.split("/").at(-1) ?? "", { url, isExplored }];
    }),
  );
}
