import { globSync } from "node:fs";
import { folder } from "../server/site.ts";

/** The addresses of all pages of the built site. */
export const paths = globSync("**/*.html", { cwd: folder }).map(
  (file) => `/${file.replace(/\\/g, "/").replace(/(index)?\.html$/, "")}`,
);

/** Returns whether a page is a source page. */
export function isSource(path: string): boolean {
  return path.startsWith("/source/");
}
