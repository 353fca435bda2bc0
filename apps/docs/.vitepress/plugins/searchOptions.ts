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
  miniSearch: {
    options: { tokenize },
    searchOptions: {
      boostDocument,
      boostTerm,
      fuzzy,
      prefix,
      weights: { prefix: 0.25, fuzzy: 0.25 },
    },
  },
};

// VitePress writes these functions into the page: they must not use anything outside them.

/**
 * Splits a text into words. In titles, keywords and queries (which have no field), a name also gives its parts, and
 * neighbours also give the two written together: logSoftmax, log softmax and logsoftmax find each other. A query
 * has no words that every page has.
 */
export function tokenize(text: string, field?: string): string[] {
  const split = (part: string) => part.split(/[\n\r\p{Z}\p{P}]+/u).filter((word) => word !== "");
  const common =
    /^(a|an|and|are|as|at|by|can|do|does|for|from|how|i|in|is|it|its|my|of|on|or|should|than|that|the|this|to|use|using|what|when|why|with|you|your)$/i;
  const isQuery = field === undefined;
  const isBody = field === "text" || field === "titles";
  const named = isBody ? (/^\s*keywords: (.*)$/m.exec(text)?.[1] ?? "") : text;
  const words = split(named).filter((word) => !common.test(word));
  const parts = words.flatMap((word) => word.split(/(?<=\p{Ll})(?=\p{Lu})/u));
  const pairs = parts.slice(1).map((part, i) => parts[i] + part);
  const terms = [...words, ...parts, ...pairs, parts.join("")].map((term) => term.toLowerCase());
  const distinct = [...new Set(terms)].filter((term) => term !== "");
  return isQuery ? distinct : [...split(text), ...distinct];
}

/** Counts two words that are neighbours more than each alone: log softmax is first a log-softmax. */
export function boostTerm(term: string, _i: number, terms: readonly string[]): number {
  const isPair = terms.some(
    (start) => start !== term && term.startsWith(start) && terms.includes(term.slice(start.length)),
  );
  return isPair ? 2 : 1;
}

/** Completes words of three letters and more. */
export function prefix(term: string): boolean {
  return term.length > 2;
}

/** Allows mistakes in long words only: npm is not npy, and cores are not scores. */
export function fuzzy(term: string): number | false {
  return term.length > 5 ? 0.2 : false;
}

/**
 * Puts the function whose name is the term first. Then come pages that answer a question, the guide and pages of
 * functions, then sections in the middle of others, and definitions last.
 */
export function boostDocument(id: string, term: string, fields?: Record<string, unknown>): number {
  if (/^\/(reference|source|guide\/glossary)/.test(id)) return 0.5;
  const isWholePage = (fields?.titles as readonly string[] | undefined)?.length === 0;
  if (!isWholePage) return id.startsWith("/how-to/") ? 1.2 : 1;
  const name = String(fields?.title)
    .replace(/[^\p{L}\p{N}]+/gu, "")
    .toLowerCase();
  const isFunction = /^\/(losses|functions|language|evaluation)\/\w/.test(id);
  const isName = isFunction && [term, `${term}loss`, `${term}score`].includes(name);
  const section = id.startsWith("/how-to/")
    ? 3.5
    : /^\/(losses|functions|guide|tutorials)\/\w/.test(id)
      ? 1.5
      : 1;
  return isName ? 2.5 * section : section;
}
