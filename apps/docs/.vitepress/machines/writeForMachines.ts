import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DefaultTheme, SiteConfig } from "vitepress";
import { llmsFullText, llmsText, markdownFile } from "./llmsText.ts";
import { readPages } from "./readPages.ts";
import { robotsText, sitemap } from "./sitemap.ts";

/** Writes the Markdown of each page, `llms.txt`, `llms-full.txt`, `robots.txt` and `sitemap.xml`. */
export function writeForMachines(
  config: SiteConfig<DefaultTheme.Config>,
  sidebar: readonly DefaultTheme.SidebarItem[],
  origin: string,
): void {
  const pages = readPages(config);
  const write = (url: string, text: string) => {
    const file = join(config.outDir, url);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  for (const page of pages) write(page.url, markdownFile(page));
  const { title, description } = config.site;
  write("llms.txt", llmsText({ title, description, sidebar, pages, origin }));
  write("llms-full.txt", llmsFullText(pages));
  write("robots.txt", robotsText(origin));
  const addresses = config.pages.map((page) => config.rewrites.map[page] ?? page);
  write("sitemap.xml", sitemap(addresses, origin));
}
