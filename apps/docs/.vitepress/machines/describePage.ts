import type { MarkdownEnv, MarkdownRenderer } from "vitepress";

/** Blocks that are no prose: lists, tables, quotations, containers, components, links to definitions. */
const noProse = /^([-*>|<#:]|\d+\. |\[Reference\]|\[Explained|Defined in: )/;
const maxLength = 200;

/** Gives each page without a description its first paragraph as one. */
export function describePages(markdown: MarkdownRenderer) {
  markdown.core.ruler.push("describe-page", ({ src, env }: { src: string; env: MarkdownEnv }) => {
    if (env.frontmatter !== undefined) env.frontmatter.description ??= describePage(src);
  });
}

/** Returns the first sentences of the first paragraph below the heading of a page, as plain text. */
export function describePage(markdown: string): string | undefined {
  const body = markdown.replace(/^[\s\S]*?^# .*\n/m, "").replace(/^```[\s\S]*?^```.*\n/gm, "");
  const paragraph = body
    .split(/\n\s*\n/)
    .map((block) => block.trim())
    .find((block) => block !== "" && !noProse.test(block));
  return paragraph === undefined ? undefined : firstSentences(plainText(paragraph));
}

/** Returns Markdown without links, emphasis and code marks. */
export function plainText(markdown: string): string {
  return markdown
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/<wbr>|[`*\\]/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** Returns as many whole sentences as fit, and at least one. */
function firstSentences(text: string): string {
  const sentences = text.match(/.+?[.?!:](?=\s|$)|.+$/g) ?? [];
  let [taken = ""] = sentences;
  for (const sentence of sentences.slice(1)) {
    if (taken.length + sentence.length > maxLength) break;
    taken += sentence;
  }
  return taken.replace(/:$/, ".");
}
