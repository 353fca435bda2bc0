import { join } from "node:path";
import type { SiteConfig } from "vitepress";
import { describePage, plainText } from "./describePage.ts";
import {
  linkToMarkdown,
  type MarkdownPage,
  markdownAddress,
  plainMarkdown,
  readWithIncludes,
} from "./plainMarkdown.ts";

/** Reads the pages of the site as Markdown. Source pages are left out: they show files as they are. */
export function readPages({ pages, rewrites, srcDir }: SiteConfig): MarkdownPage[] {
  const found = pages
    .filter((page) => !page.startsWith("apps/docs/source/"))
    .map((file) => {
      const source = readWithIncludes(join(srcDir, file));
      const page = rewrites.map[file] ?? file;
      const url = markdownAddress(page);
      const text = plainMarkdown(source);
      const title = headingOf(text) ?? frontMatter(source, "name") ?? url;
      const description = frontMatter(source, "description") ?? describePage(text) ?? title;
      return { page, url, title: plainText(title), description, text };
    })
    .sort((a, b) => (a.url < b.url ? -1 : 1));
  const urls = new Set(found.map(({ url }) => url));
  return found.map(({ page, text, ...rest }) => ({
    ...rest,
    text: linkToMarkdown(text, page, urls),
  }));
}

function headingOf(text: string): string | undefined {
  return text.match(/^# (.*)$/m)?.[1];
}

/** Returns the value of a key of the front matter that is on the key's line. */
function frontMatter(source: string, key: string): string | undefined {
  const [, block = ""] = source.match(/^---\n([\s\S]*?)\n---\n/) ?? [];
  const value = block.match(new RegExp(`^ *${key}: (.*)$`, "m"))?.[1];
  return value?.startsWith('"') ? JSON.parse(value) : value;
}
