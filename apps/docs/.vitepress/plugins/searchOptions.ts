import type { DefaultTheme } from "vitepress";

/**
 * Options of the local search. `keywords` in a page's front matter are words that people type and the page does
 * not say; they are indexed below its first heading.
 *
 * The options that start with `miniSearch` run in the browser too, without this module.
 */
export const searchOptions: DefaultTheme.LocalSearchOptions = {
  async _render(source, env, markdown) {
    const html = await markdown.renderAsync(source, env);
    const { search, keywords } = env.frontmatter ?? {};
    if (search === false) return "";
    // A function: the keywords may have a $.
    return keywords === undefined
      ? html
      : html.replace("</h1>", (end) => `${end}<p>keywords: ${keywords}</p>`);
  },
};
