import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { sourceFiles } from "../.vitepress/sourceFiles.ts";
import { folder } from "../server/site.ts";
import { useSite } from "./openSite.ts";
import { isSource, paths } from "./paths.ts";
import { readStatic, type StaticPage } from "./readStatic.ts";

const root = new URL("../../../", import.meta.url);
const site = useSite();
let pages: ReadonlyMap<string, StaticPage>;

beforeAll(async () => {
  const page = await site.open("/");
  pages = await readStatic(page, paths);
  await page.close();
});

/** Returns the file and the text of the line in a URL, or nothing if there is no such line. */
function lineAt(address: string) {
  const [path, id] = address.split("#");
  const source = pages.get(path);
  return { file: source?.heading, text: source?.lines.find((line) => line.id === id)?.text };
}

describe("source pages", () => {
  it("show the sources of packages and pages, and nothing else", () => {
    const files = sourceFiles();
    expect(files).toEqual(
      expect.arrayContaining([
        "docs/index.md",
        "docs/guide/kernels.md",
        "packages/core/assembly/interleavedRows.ts",
        "packages/core/src/kernels/js/kernels.ts",
        "packages/core/src/functions/softmax/softmax.md",
        "packages/core/src/functions/softmax/softmax.ts",
        "packages/losses/src/crossEntropy/crossEntropy.ts",
        "packages/losses/src/define/target.ts",
      ]),
    );
    expect(files.filter((file) => /\.test\.|\.cases\.|generated/.test(file))).toEqual([]);
    const shown = paths.filter(isSource).map((path) => path.slice("/source/".length, -1));
    expect(shown.sort()).toEqual(files);
  });

  it("show each file unchanged, under its path, with an anchor for each line", () => {
    for (const file of sourceFiles()) {
      const { heading, lines } = pages.get(`/source/${file}/`) ?? { heading: "", lines: [] };
      expect(heading).toBe(file);
      const text = readFileSync(new URL(file, root), "utf8");
      expect(lines.map((line) => line.text).join("\n"), file).toBe(text.replace(/\n$/, ""));
      expect(lines.map(({ id }) => id)).toEqual(lines.map((_, i) => `L${i + 1}`));
    }
  });

  it("are not in sidebars, search results or llms.txt", () => {
    const listed = (path: string) => pages.get(path)?.isListed;
    expect(listed("/guide/kernels")).toBe(true);
    expect(paths.filter(isSource).filter(listed)).toEqual([]);

    const chunks = `${folder}assets/chunks/`;
    const index = readdirSync(chunks).find((file) => file.startsWith("@localSearchIndexroot"));
    const searched = readFileSync(`${chunks}${index}`, "utf8");
    expect(searched).toContain("/guide/kernels#");
    expect(searched).not.toContain("/source/");

    const listing = readFileSync(`${folder}llms.txt`, "utf8");
    expect(listing).toContain("/guide/kernels.md");
    expect(listing).not.toContain("/source/");
    const whole = readFileSync(`${folder}llms-full.txt`, "utf8");
    expect(whole).toContain("url: /guide/kernels.md");
    expect(whole).not.toContain("url: /source/");
  });

  it("explain how to change the file", async () => {
    const page = await site.open("/source/docs/guide/kernels.md/");
    const main = page.getByRole("main");
    for (const step of ["npm start", "npm test", "pull request"]) {
      expect(await main.getByText(step, { exact: false }).count()).toBeGreaterThan(0);
    }
    await main.getByRole("link", { name: "CONTRIBUTING.md" }).click();
    await page.getByRole("heading", { level: 1, name: "CONTRIBUTING.md" }).waitFor();
    expect(await page.getByRole("main").innerText()).toContain("pull requests");
    await page.close();
  });

  it("have each line number beside its line", async () => {
    const page = await site.open("/source/packages/core/assembly/interleavedRows.ts/");
    const middles = (selector: string) =>
      page.locator(selector).evaluateAll((all) =>
        all.map((one) => {
          const { top, bottom } = one.getBoundingClientRect();
          return (top + bottom) / 2;
        }),
      );
    const numbers = await middles(".line-number");
    const lines = await middles(".line[id]");
    expect(numbers.length).toBeGreaterThan(100);
    expect(numbers.length).toBe(lines.length);
    expect(Math.max(...lines.map((middle, i) => Math.abs(middle - numbers[i])))).toBeLessThan(4);
    await page.close();
  });
});

describe("links to sources", () => {
  const references = paths.filter((path) => /^\/reference\/.*\/.*[^/]$/.test(path));

  it("lead from every public name to the line that declares it", () => {
    expect(references.length).toBeGreaterThan(50);
    for (const path of references) {
      const { definitions } = pages.get(path) as StaticPage;
      expect(definitions.length, path).toBeGreaterThan(0);
      for (const { name, text, to } of definitions) {
        const line = lineAt(to);
        expect(text).toBe(`${line.file}:${to.split("#L")[1]}`);
        // The call signature of an interface has no name.
        if (path.includes("/interfaces/") && /^ +[<(]/.test(line.text ?? "")) continue;
        expect(line.text?.match(/\w+/g), `${text}, from ${path}`).toContain(name);
      }
    }
  });

  it("lead to an existing page and line", () => {
    for (const [path, { toSources }] of pages) {
      for (const address of toSources) {
        const { file, text } = lineAt(address);
        expect(file, `${address}, from ${path}`).toBeDefined();
        if (address.includes("#")) expect(text, `${address}, from ${path}`).toBeDefined();
      }
    }
  });

  it("mark the line and scroll to it", async () => {
    const page = await site.open("/reference/core/functions/softmax");
    await page.getByRole("link", { name: /softmax\.ts:\d+/ }).click();
    const marked = page.locator(".line.highlighted");
    await marked.waitFor();
    expect(await marked.allInnerTexts()).toEqual([expect.stringContaining("function softmax")]);
    const top = async () => (await marked.boundingBox())?.y;
    await expect.poll(top).toBeGreaterThan(64);
    expect(await top()).toBeLessThan(700);

    await page.reload();
    await marked.waitFor();
    expect(await page.locator("pre").evaluate((code) => code.scrollLeft)).toBe(0);

    await page.evaluate(() => {
      location.hash = "#L1";
    });
    await expect.poll(() => marked.getAttribute("id")).toBe("L1");
    expect(await marked.count()).toBe(1);
    await page.close();
  });
});

describe("Edit this page", () => {
  const sourceOf = (path: string) => {
    const { definitions } = pages.get(path) as StaticPage;
    if (definitions.length > 0) return definitions[0].to.split("#")[0];
    const name = path.split("/").at(-1);
    if (name === "" && path !== "/") return `/source/docs${path}index.md/`;
    if (path.startsWith("/functions/"))
      return `/source/packages/core/src/functions/${name}/${name}.md/`;
    const ofPackage = /^\/(losses|language|evaluation)\//.exec(path)?.[1];
    if (ofPackage !== undefined) return `/source/packages/${ofPackage}/src/${name}/${name}.md/`;
    return `/source/docs${path === "/" ? "/index" : path}.md/`;
  };
  const without = [
    "/404",
    "/reference/",
    "/reference/core/",
    "/reference/core/authoring/",
    "/reference/losses/",
    "/reference/language/",
    "/reference/evaluation/",
  ];

  it("leads from each page to its file", () => {
    const edited = paths.filter((path) => !isSource(path) && !without.includes(path));
    expect(edited.length).toBeGreaterThan(80);
    for (const path of edited) {
      expect(pages.get(path)?.edit, path).toEqual([sourceOf(path)]);
      expect(pages.has(sourceOf(path)), path).toBe(true);
    }
  });

  it("is missing on pages that are made from several files", () => {
    for (const path of [...without, ...paths.filter(isSource)]) {
      expect(pages.get(path)?.edit, path).toEqual([]);
    }
  });
});
