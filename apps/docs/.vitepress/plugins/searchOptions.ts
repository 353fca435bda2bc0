import type { DefaultTheme } from "vitepress";
import type { SearchedText } from "./searchedText.ts";

/**
 * Options of the local search. `keywords` in a page's front matter are words that people type and the page does
 * not say; they are indexed below its first heading.
 */
export const searchOptions: DefaultTheme.LocalSearchOptions = {
  _render(source, env, markdown) {
    const searched: SearchedText = { isSearched: true };
    const html = markdown.render(source, Object.assign(env, searched));
    const { search, keywords } = env.frontmatter ?? {};
    if (search === false) return "";
    // A function: the keywords may have a $.
    return keywords === undefined
      ? html
      : html.replace("</h1>", (end) => `${end}<p>keywords: ${keywords}</p>`);
  },
};
