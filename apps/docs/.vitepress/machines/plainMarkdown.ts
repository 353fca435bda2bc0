import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A page of the site as Markdown, for readers without a browser. */
export interface MarkdownPage {
  /** The address without the origin, such as `/losses/crossEntropy.md`. */
  readonly url: string;
  readonly title: string;
  readonly description: string;
  readonly text: string;
}

/** Returns the text of a Markdown file with its included files in it. */
export function readWithIncludes(file: string): string {
  return readFileSync(file, "utf8").replace(/^<!--\s*@include:\s*(\S+?)\s*-->$/gm, (_, path) =>
    readWithIncludes(join(dirname(file), path)).trimEnd(),
  );
}

/** Returns the content of a page without front matter, scripts and components. Code is not changed. */
export function plainMarkdown(source: string): string {
  return outsideCode(source.replace(/^---\n[\s\S]*?\n---\n/, ""), (text) =>
    text
      .replace(/^<(script|style)\b[\s\S]*?^<\/\1>\n/gm, "")
      .replace(/^<([A-Z]\w*)\b[\s\S]*?^<\/\1>\n/gm, "")
      .replace(/^<[A-Z][\s\S]*?\/>\n/gm, "")
      .replace(/<[A-Z]\w* [^<>]*\/>/g, "")
      .replace(/<a id="[^"]*"><\/a> ?/g, "")
      .replace(/\n{3,}/g, "\n\n"),
  ).trimStart();
}

/** Makes the links from a page to pages of the site links to their Markdown, without the origin. */
export function linkToMarkdown(text: string, page: string, urls: ReadonlySet<string>): string {
  return outsideCode(text, (part) =>
    part.replace(/\]\(([^)\s#]+)(#[^)\s]*)?\)/g, (link, path: string, anchor = "") => {
      if (!/^\.{0,2}\//.test(path) && !/^[\w/-]+\.md$/.test(path)) return link;
      const { pathname } = new URL(path, `http://site/${page}`);
      const target = markdownAddress(pathname.slice(1));
      return urls.has(target) ? `](${target}${anchor})` : link;
    }),
  );
}

/** Returns the address of the Markdown of a page: `losses/index.md` is `/losses.md`. */
export function markdownAddress(page: string): string {
  const name = page.replace(/\.md$/, "").replace(/(^|\/)index$/, "$1");
  return name === "" ? "/index.md" : `/${name.replace(/\/$/, "")}.md`;
}

/** Applies a change to the text between code blocks. */
function outsideCode(text: string, change: (part: string) => string): string {
  return text
    .split(/^(```[\s\S]*?^```.*\n)/m)
    .map((part, i) => (i % 2 === 0 ? change(part) : part))
    .join("");
}
