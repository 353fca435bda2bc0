import type { DefaultTheme } from "vitepress";
import { peers } from "../../coverage/peers.ts";
import type { SearchedText } from "./searchedText.ts";

/** The names of each loss of ours in other libraries. */
const otherNames = new Map<string, string[]>();
for (const { names, ours } of peers.flatMap(({ losses }) => losses)) {
  if (ours !== undefined) otherNames.set(ours, [...(otherNames.get(ours) ?? []), ...names]);
}

/**
 * Options of the local search. Words that people type and a page does not say are indexed below its first
 * heading: `keywords` in its front matter, and the names of a loss in other libraries.
 */
export const searchOptions: DefaultTheme.LocalSearchOptions = {
  _render(source, env, markdown) {
    const searched: SearchedText = { isSearched: true };
    const html = markdown.render(source, Object.assign(env, searched));
    const { search, keywords = "" } = env.frontmatter ?? {};
    if (search === false) return "";
    const [, name = ""] = String(env.path).match(/(\w+)[\\/]\1\.md$/) ?? [];
    const words = [keywords, ...(otherNames.get(name) ?? [])].filter(Boolean).join(" ");
    // A function: the keywords may have a $.
    return words === "" ? html : html.replace("</h1>", (end) => `${end}<p>keywords: ${words}</p>`);
  },
  miniSearch: {
    searchOptions: {
      // VitePress writes the function into the page: it must not use anything outside it.
      boostDocument: (id: string) =>
        id.startsWith("/how-to/") ? 2 : id.startsWith("/reference/") ? 0.5 : 1,
    },
  },
};
