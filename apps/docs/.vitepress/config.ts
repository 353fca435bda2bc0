import { fileURLToPath } from "node:url";
import { defineConfig, type MarkdownRenderer } from "vitepress";
import { facts } from "./facts.ts";
import { headTags } from "./headTags.ts";
import { describePages } from "./machines/describePage.ts";
import { writeForMachines } from "./machines/writeForMachines.ts";
import { allPages, nav, sidebar } from "./navigation.ts";
import { notFound, sayNotFound } from "./notFound.ts";
import { pathOf } from "./paths.ts";
import { breakableTitles } from "./plugins/breakableTitles.ts";
import { keepPunctuation } from "./plugins/keepPunctuation.ts";
import { licences } from "./plugins/licences.ts";
import { lineAnchors } from "./plugins/lineAnchors.ts";
import { loadOnce } from "./plugins/loadOnce.ts";
import { runnableBlocks } from "./plugins/runnableBlocks.ts";
import { scriptText } from "./plugins/scriptText.ts";
import { searchedText } from "./plugins/searchedText.ts";
import { searchOptions } from "./plugins/searchOptions.ts";
import { sourceAddress } from "./sourceAddress.ts";

const conditions = ["@surprisal/source"];

export default defineConfig({
  title: "Surprisal",
  description: "Exact, fast classification losses for JavaScript and TypeScript.",
  lang: "en",
  head: [["link", { rel: "icon", type: "image/svg+xml", href: "/logo.svg" }]],
  transformHead: headTags,
  transformHtml: (html, _file, { page }) => (page === "404.md" ? sayNotFound(html) : undefined),
  // The front matter of the reference names the source file.
  transformPageData(page) {
    page.filePath = page.frontmatter.madeFrom ?? page.filePath;
    const { file } = page.params ?? {};
    if (file === undefined) return;
    page.title = file;
    page.description = `The text of ${file} in the repository, with a link for each line.`;
  },
  buildEnd: (config) => writeForMachines(config, allPages, facts.origin),
  cleanUrls: true,
  // The table of all pages and the sidebars are one file that pages share: in each page they would be most of it.
  metaChunk: true,
  // Switching transitions off and on makes every page compute all styles once more when it opens.
  appearance: { disableTransition: false },
  // The pages that a sidebar links to are larger together than the page itself.
  router: { prefetchLinks: false },

  srcDir: "../..",
  srcExclude: [
    "*.md",
    "**/README.md",
    "**/CHANGELOG.md",
    "**/_template/**",
    "apps/docs/reference/options/**",
    "packages/release/**",
  ],
  rewrites: pathOf,

  markdown: {
    math: true,
    config(markdown: MarkdownRenderer) {
      runnableBlocks(markdown);
      lineAnchors(markdown);
      keepPunctuation(markdown);
      breakableTitles(markdown);
      describePages(markdown);
      searchedText(markdown);
    },
    // The contrast of the default themes is too low on our backgrounds for WCAG AA.
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
  },
  themeConfig: {
    logo: "/logo.svg",
    nav,
    sidebar,
    outline: [2, 3],
    search: { provider: "local", options: searchOptions },
    externalLinkIcon: true,
    editLink: { text: "Edit this page", pattern: sourceAddress(":path") },
    notFound,
    socialLinks: facts.repository === "" ? undefined : [{ icon: "github", link: facts.repository }],
  },

  vite: {
    plugins: [
      scriptText(conditions),
      licences(),
      loadOnce(),
      {
        name: "whole-pages",
        // Pages have no unused parts, and to look for them takes long.
        transform: (_code, id) =>
          id.endsWith(".md") ? { moduleSideEffects: "no-treeshake" } : undefined,
      },
      {
        name: "whole-server-bundle",
        // The bundle that renders the pages is used once. Dropping its unused parts takes longer than loading them.
        config: (_config, { isSsrBuild }) =>
          isSsrBuild ? { build: { rollupOptions: { treeshake: false } } } : undefined,
      },
    ],
    // The default target turns private fields into WeakMaps, and a training takes nearly three times as long.
    build: { target: "es2022" },
    publicDir: fileURLToPath(new URL("../public", import.meta.url)),
    resolve: {
      conditions,
      alias: {
        "@components": fileURLToPath(new URL("./theme/components", import.meta.url)),
      },
    },
    ssr: { resolve: { conditions }, noExternal: [/^@surprisal\//] },
  },
});
