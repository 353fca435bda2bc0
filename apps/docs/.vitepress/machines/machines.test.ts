import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describePage } from "./describePage.ts";
import { llmsText, markdownFile } from "./llmsText.ts";
import {
  linkToMarkdown,
  markdownAddress,
  plainMarkdown,
  readWithIncludes,
} from "./plainMarkdown.ts";
import { robotsText, sitemap } from "./sitemap.ts";

test("the Markdown of a page has its formulas, tables and code unchanged, without components", () => {
  const formula = "$$\n\\sum_{j \\neq k} p_j\\,w_j [i = j]\n$$\n";
  const table = '| option | type |\n| --- | --- |\n| `axis` | First.<br>`number` \\| `"all"` |\n';
  const code = "```html\n<Explorer />\n<script>\nlet x;\n</script>\n```\n";
  const components = [
    '<script setup lang="ts">\nimport A from "a";\n</script>\n',
    '<Explorer\n  of="softmax"\n  :start="{ x: [[1, 2] > [3]] }"\n/>\n',
    "<Playground>\n  inner\n</Playground>\n",
  ];
  expect(plainMarkdown('| a | <Picture of="a" /> |\n')).toBe("| a |  |\n");
  const source = ["---\nsearch: false\n---\n", "# Title\n", ...components, formula, table, code];
  expect(plainMarkdown(source.join("\n"))).toBe(["# Title\n", formula, table, code].join("\n"));
});

test("a page includes the files that it names", () => {
  const folder = mkdtempSync(join(tmpdir(), "pages-"));
  writeFileSync(join(folder, "part.md"), "the part\n");
  writeFileSync(join(folder, "page.md"), "above\n\n<!--@include: ./part.md-->\n\nbelow\n");
  expect(readWithIncludes(join(folder, "page.md"))).toBe("above\n\nthe part\n\nbelow\n");
});

test("links lead to the Markdown of pages, other links do not change", () => {
  const urls = new Set(["/losses.md", "/losses/klDiv.md", "/index.md"]);
  const link = (target: string, page = "losses/index.md") =>
    linkToMarkdown(`[a](${target})`, page, urls);
  expect(link("/losses/klDiv#options")).toBe("[a](/losses/klDiv.md#options)");
  expect(link("klDiv.md")).toBe("[a](/losses/klDiv.md)");
  expect(link("../index.md", "losses/klDiv.md")).toBe("[a](/index.md)");
  for (const target of ["https://example.com/losses/", "#below", "/source/LICENSE/", "/missing"]) {
    expect(link(target)).toBe(`[a](${target})`);
  }
  const code = "```ts\nlosses[i](/losses/klDiv)\n```\n";
  expect(linkToMarkdown(code, "index.md", urls)).toBe(code);
});

test("the address of the Markdown of a folder is its name", () => {
  expect(["index.md", "losses/index.md", "losses/", "losses/klDiv"].map(markdownAddress)).toEqual([
    "/index.md",
    "/losses.md",
    "/losses.md",
    "/losses/klDiv.md",
  ]);
});

test("the description of a page is its first prose, as plain text", () => {
  const describe = (body: string) => describePage(`breadcrumbs\n\n# Title\n\n${body}`);
  expect(describe("The *best* [`one`](/one)\nof [N, C].")).toBe("The best one of [N, C].");
  expect(describe("```ts\ncode\n```\n\n- item\n\n> quoted\n\nProse:\n\nMore.")).toBe("Prose.");
  expect(describe(`${"One sentence. ".repeat(40)}`)?.length).toBeLessThan(210);
  expect(describe("| a | b |")).toBeUndefined();
});

test("llms.txt lists each page once, also one that no sidebar names", () => {
  const page = (url: string) => ({ url, title: url, description: "d", text: "t\n" });
  const sidebar = [
    { text: "Losses", link: "/losses/", items: [{ text: "klDiv", link: "/losses/klDiv" }] },
    { text: "Again", items: [{ text: "klDiv", link: "/losses/klDiv" }] },
  ];
  const pages = ["/losses.md", "/losses/klDiv.md", "/index.md"].map(page);
  const text = llmsText({ title: "S", description: "D", sidebar, pages, origin: "https://s.dev" });
  expect(text.match(/^## .*|\(.*\)/gm)).toEqual([
    "## Losses",
    "(https://s.dev/losses.md)",
    "(https://s.dev/losses/klDiv.md)",
    "## Other pages",
    "(https://s.dev/index.md)",
  ]);
});

test("the front matter of a page is valid whatever its title says", () => {
  const file = markdownFile({ url: "/a.md", title: 'a: "b"', description: "c # d", text: "t\n" });
  expect(file).toBe('---\nurl: /a.md\ntitle: "a: \\"b\\""\ndescription: "c # d"\n---\n\nt\n');
});

test("robots are told of the sitemap once the origin is known", () => {
  expect(robotsText("")).not.toContain("Sitemap");
  expect(robotsText("https://s.dev")).toContain("Sitemap: https://s.dev/sitemap.xml");
  const map = sitemap(["index.md", "losses/index.md", "losses/klDiv.md"], "https://s.dev");
  expect(map.match(/(?<=<loc>).*(?=<\/loc>)/g)).toEqual([
    "https://s.dev/",
    "https://s.dev/losses/",
    "https://s.dev/losses/klDiv",
  ]);
});
