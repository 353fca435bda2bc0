import type { DefaultTheme } from "vitepress";
import { peers } from "../../coverage/peers.ts";
import type { SearchedText } from "./searchedText.ts";

/** The names of each loss of ours in other libraries. */
const otherNames = new Map<string, string[]>();
for (const { names, ours } of peers.flatMap(({ losses }) => losses)) {
  if (ours === undefined) continue;
  // BCELoss is also found as BCE.
  const found = names.flatMap((name) => [name, name.replace(/_?loss$/i, "")]);
  otherNames.set(ours, [...(otherNames.get(ours) ?? []), ...found]);
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
  miniSearch: { searchOptions: { boostDocument, fuzzy } },
};

// VitePress writes these functions into the page: they must not use anything outside them.

/** Allows mistakes in long words only: npm is not npy, and cores are not scores. */
export function fuzzy(term: string): number | false {
  return term.length > 5 ? 0.2 : false;
}

/**
 * Puts pages that answer a question, the guide and pages of functions before sections in the middle of others,
 * and definitions last.
 */
export function boostDocument(id: string, _term: string, fields?: Record<string, unknown>): number {
  if (id.startsWith("/reference/") || id.startsWith("/guide/glossary")) return 0.5;
  const isWholePage = (fields?.titles as readonly string[] | undefined)?.length === 0;
  if (id.startsWith("/how-to/")) return isWholePage ? 2.5 : 1.5;
  return isWholePage && /^\/(losses|functions|guide)\/\w/.test(id) ? 1.5 : 1;
}
