import type { DefaultTheme } from "vitepress";
import type { MarkdownPage } from "./plainMarkdown.ts";
import { markdownAddress } from "./plainMarkdown.ts";

export interface LlmsSite {
  readonly title: string;
  readonly description: string;
  /** The groups of pages. Each becomes a section. */
  readonly sidebar: readonly DefaultTheme.SidebarItem[];
  readonly pages: readonly MarkdownPage[];
  /** The origin of the addresses, or "" for addresses without one. */
  readonly origin: string;
}

/** Lists each page once, with its title, address and description: the text of `llms.txt`. */
export function llmsText({ title, description, sidebar, pages, origin }: LlmsSite): string {
  const left = new Map(pages.map((page) => [page.url, page]));
  const take = (url: string) => {
    const page = left.get(url);
    left.delete(url);
    return page === undefined ? [] : [line(page, origin)];
  };
  const sections = sidebar.map(({ text, link, items = [] }) => {
    const links = [link, ...items.map((item) => item.link)].filter((one) => one !== undefined);
    return section(
      text ?? "",
      links.flatMap((one) => take(markdownAddress(one.slice(1)))),
    );
  });
  const rest = section(
    "Other pages",
    [...left.values()].map((page) => line(page, origin)),
  );
  const parts = [
    `# ${title}`,
    `> ${description}`,
    `All pages in one file: ${origin}/llms-full.txt`,
  ];
  return `${[...parts, ...sections, rest].filter(Boolean).join("\n\n")}\n`;
}

/** Returns all pages in one text, in the order of their addresses. */
export function llmsFullText(pages: readonly MarkdownPage[]): string {
  return pages.map(markdownFile).join("\n");
}

/** Returns the file of a page: its text below front matter. */
export function markdownFile({ url, title, description, text }: MarkdownPage): string {
  const [quotedTitle, quotedDescription] = [title, description].map((one) => JSON.stringify(one));
  const facts = `url: ${url}\ntitle: ${quotedTitle}\ndescription: ${quotedDescription}`;
  return `---\n${facts}\n---\n\n${text}`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `## ${title}\n\n${lines.join("\n")}`;
}

function line({ url, title, description }: MarkdownPage, origin: string): string {
  return `- [${title}](${origin}${url}): ${description}`;
}
