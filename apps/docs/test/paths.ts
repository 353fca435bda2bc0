import { globSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { folder } from "../server/site.ts";
import type { FunctionApi } from "../typedoc/functionApi.ts";

/** The addresses of all pages of the built site. */
export const paths = globSync("**/*.html", { cwd: folder }).map(
  (file) => `/${file.replace(/\\/g, "/").replace(/(index)?\.html$/, "")}`,
);

const files = new Set(
  globSync("**/*.{js,txt,xml}", { cwd: folder }).map((file) => `/${file.replace(/\\/g, "/")}`),
);

/** Returns whether the built site has a file, not a page, at an address. */
export function isFile(path: string): boolean {
  return files.has(path);
}

/** The functions and losses that have options, as their types describe them. */
export const functions: readonly FunctionApi[] = JSON.parse(
  readFileSync(new URL("../reference/functions.json", import.meta.url), "utf8"),
);

/** Returns whether a page is a source page. */
export function isSource(path: string): boolean {
  return path.startsWith("/source/");
}

/** Returns whether TypeDoc has written a page. */
export function isReference(path: string): boolean {
  return path.startsWith("/reference/");
}

/** Returns whether a page is about one function or one loss. */
export function isFunctionPage(path: string): boolean {
  return /^\/(functions|losses)\/./.test(path);
}

/** Returns the kind of a page. Pages of one kind have the same parts, and differ in their text. */
export function kindOf(path: string): string {
  const [, section, ...rest] = path.split("/");
  if (isSource(path)) return `source ${path.match(/\.\w+(?=\/$)/)?.[0]}`;
  if (isReference(path)) return `reference ${rest.at(-2)}`;
  if (/^\/(how-to|language|evaluation)\/./.test(path)) return section;
  if (!isFunctionPage(path)) return path;
  return `${section} ${functions.find(({ name }) => name === rest[0])?.kind}`;
}

/** Returns the largest page of each kind. */
export function samplePages(): ReadonlySet<string> {
  const largest = new Map<string, string>();
  for (const path of paths) {
    const other = largest.get(kindOf(path));
    if (other === undefined || weightOf(other) < weightOf(path)) largest.set(kindOf(path), path);
  }
  return new Set(largest.values());
}

const weights = new Map<string, number>();

/** Returns the compressed size of a file of the site. */
export function weightOf(path: string): number {
  const known = weights.get(path);
  if (known !== undefined) return known;
  const name = path.endsWith("/") ? `${path}index` : path;
  const file = folder + decodeURIComponent(/\.\w+$/.test(name) ? name : `${name}.html`);
  const weight = gzipSync(readFileSync(file)).length;
  weights.set(path, weight);
  return weight;
}
