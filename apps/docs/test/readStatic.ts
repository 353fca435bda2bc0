import type { Page } from "playwright-core";

/** The content of the HTML of a page, before JavaScript runs. */
export interface StaticPage {
  readonly heading: string;
  /** The lines of code that can be linked to. */
  readonly lines: readonly { readonly id: string; readonly text: string }[];
  /** The links to the definitions of names, each with its name. */
  readonly definitions: readonly {
    readonly name: string;
    readonly text: string;
    readonly to: string;
  }[];
  /** The target of "Edit this page". */
  readonly edit: readonly string[];
  /** All links to source pages. */
  readonly toSources: readonly string[];
  /** Whether the page has a sidebar, or links to a previous and a next page. */
  readonly isListed: boolean;
}

/** Reads the HTML of pages in a page of a browser that is open on the site. */
export async function readStatic(page: Page, paths: readonly string[]) {
  return new Map<string, StaticPage>(await page.evaluate(readAll, paths));
}

/** Runs in the browser. */
function readAll(paths: readonly string[]) {
  const addressOf = (link: Element) => link.getAttribute("href") ?? "";

  /** Returns the nearest heading above an element, of at most this level. */
  const headingOf = (element: Element, level = "H6"): Element | null => {
    let above = element.previousElementSibling;
    while (above !== null && !(/^H\d$/.test(above.tagName) && above.tagName <= level)) {
      above = above.previousElementSibling;
    }
    return above;
  };

  /** Returns the name in the heading above an element. Signatures of a function have headings below it. */
  const nameOf = (passage: Element) => {
    let heading = headingOf(passage);
    if (heading?.textContent.startsWith("Call Signature")) {
      heading = headingOf(heading, `H${Number(heading.tagName[1]) - 1}`);
    }
    return heading?.textContent.match(/^\w+/)?.[0] ?? "";
  };

  const read = async (path: string): Promise<[string, StaticPage]> => {
    const html = await (await fetch(path)).text();
    const root = new DOMParser().parseFromString(html, "text/html");
    const links = [...root.querySelectorAll("a[href]")];
    const definitions = [...root.querySelectorAll("main p")]
      .filter(({ textContent }) => textContent.startsWith("Defined in: "))
      .map((passage) => ({
        name: nameOf(passage),
        text: passage.querySelector("a")?.textContent ?? "",
        to: addressOf(passage.querySelector("a") ?? passage),
      }));
    return [
      path,
      {
        heading: (root.querySelector("h1")?.textContent ?? "").replace(/\s*\u200b$/, ""),
        lines: Array.from(root.querySelectorAll(".line[id]"), ({ id, textContent: text }) => ({
          id,
          text,
        })),
        definitions,
        edit: links.filter((a) => a.textContent.includes("Edit this page")).map(addressOf),
        toSources: links.map(addressOf).filter((href) => href.startsWith("/source/")),
        isListed: root.querySelector(".VPSidebar, .prev-next") !== null,
      },
    ];
  };
  return Promise.all(paths.map(read));
}
