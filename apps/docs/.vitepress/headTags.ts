import type { HeadConfig, TransformContext } from "vitepress";
import { facts } from "./facts.ts";
import { markdownAddress } from "./machines/plainMarkdown.ts";
import { pageAddress } from "./machines/sitemap.ts";

const { origin } = facts;

/** Returns the tags of a page for search engines, other sites and programs. */
export function headTags({ title, description, pageData }: TransformContext): HeadConfig[] {
  const page = pageData.relativePath;
  const isFound = page !== "404.md";
  const social = {
    "og:type": "website",
    "og:site_name": "Surprisal",
    "og:title": title,
    "og:description": description,
    "og:image": `${origin}/social.png`,
    "og:image:alt": "The curve of −log p: the smaller p is, the larger the surprisal",
    ...(origin === "" || !isFound ? {} : { "og:url": origin + pageAddress(page) }),
  };
  return [
    ...Object.entries(social).map(
      ([property, content]): HeadConfig => ["meta", { property, content }],
    ),
    ...(isFound ? addresses(page) : []),
  ];
}

/** Returns the links to a page's own address and to its Markdown. Source pages have no Markdown. */
function addresses(page: string): HeadConfig[] {
  const own: HeadConfig[] =
    origin === "" ? [] : [["link", { rel: "canonical", href: origin + pageAddress(page) }]];
  if (page.startsWith("source/")) return own;
  const href = markdownAddress(page);
  return [
    ...own,
    ["link", { rel: "alternate", type: "text/markdown", href }],
    ["link", { rel: "describedby", href: "/llms.txt" }],
  ];
}
