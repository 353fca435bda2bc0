import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { folder } from "../../server/site.ts";
import { isSource, paths } from "../../test/paths.ts";

const pages = paths.filter((path) => path !== "/404");

/** Returns the HTML of a page up to its body. */
function headOf(path: string): string {
  const name = path.endsWith("/") ? `${path}index` : path;
  const html = readFileSync(`${folder}${name}.html`, "utf8");
  return html.slice(0, html.indexOf("<body"));
}

const heads = new Map(pages.map((path) => [path, headOf(path)]));
const read = (file: string) => readFileSync(`${folder}${file}`, "utf8");

/** Returns the values of several pages, with the pages of each. */
function repeated(find: RegExp) {
  const found = new Map<string, string[]>();
  for (const [path, head] of heads) {
    const value = head.match(find)?.[1] ?? "";
    found.set(value, [...(found.get(value) ?? []), path]);
  }
  return [...found].filter(([value, paths]) => value === "" || paths.length > 1);
}

describe("the built site", () => {
  it("gives each page a title and a description of its own", () => {
    expect(pages.length).toBeGreaterThan(100);
    expect(repeated(/<title>([^<]*)<\/title>/)).toEqual([]);
    expect(repeated(/<meta name="description" content="([^"]*)"/)).toEqual([]);
  });

  it("links each page to its Markdown, which exists", () => {
    for (const [path, head] of heads) {
      const markdown = head.match(
        /<link rel="alternate" type="text\/markdown" href="([^"]*)"/,
      )?.[1];
      expect(markdown === undefined, path).toBe(isSource(path));
      if (markdown !== undefined) expect(read(markdown).length, path).toBeGreaterThan(50);
    }
  });

  it("lists each page once in llms.txt, with a description", () => {
    const entries = [...read("llms.txt").matchAll(/^- \[(.*?)\]\((\S*?)\): (.*)$/gm)];
    const addresses = entries.map(([, , address]) => address);
    expect(addresses.length).toBe(pages.filter((path) => !isSource(path)).length);
    expect(new Set(addresses).size).toBe(addresses.length);
  });

  it("keeps formulas, tables and line breaks in the Markdown", () => {
    const page = read("losses/crossEntropy.md");
    const source = readFileSync(
      new URL("../../../../packages/losses/src/crossEntropy/crossEntropy.md", import.meta.url),
      "utf8",
    );
    const formulas = source.match(/^\$\$[\s\S]*?^\$\$/gm) ?? [];
    expect(formulas.length).toBeGreaterThan(2);
    for (const formula of formulas) expect(page).toContain(formula);
    expect(page).toMatch(/^\| .*<br>`"nan"` \\\| `"zero"`, default `"nan"` \|$/m);
  });

  it("lists all pages in the sitemap, and allows robots", () => {
    const listed = [...read("sitemap.xml").matchAll(/<loc>(.*?)<\/loc>/g)].map(([, at]) =>
      decodeURI(at),
    );
    expect(listed.sort()).toEqual([...pages].sort());
    expect(read("robots.txt")).toContain("Allow: /");
  });
});
