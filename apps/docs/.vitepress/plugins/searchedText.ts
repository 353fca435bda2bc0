import type { MarkdownRenderer } from "vitepress";

/** Pages whose environment has this are rendered for the search index. */
export interface SearchedText {
  isSearched?: boolean;
}

/** Leaves code and formulas plain in the search index, which keeps only text: colours and drawings take long. */
export function searchedText(markdown: MarkdownRenderer) {
  const { rules } = markdown.renderer;
  for (const name of ["fence", "math_inline", "math_block"]) {
    const rule = rules[name];
    if (rule === undefined) throw new Error(`The renderer has no rule for ${name}.`);
    rules[name] = (tokens, index, options, env: SearchedText, self) =>
      env.isSearched
        ? `<code>${markdown.utils.escapeHtml(tokens[index].content)}</code>\n`
        : rule(tokens, index, options, env, self);
  }
}
