import type { MarkdownRenderer } from "vitepress";

/** Keeps punctuation on the line of its formula, and % on that of its number: browsers would break the line there. */
export function keepPunctuation(markdown: MarkdownRenderer) {
  markdown.core.ruler.push("keep-punctuation", ({ tokens, Token }) => {
    const html = (content: string) => Object.assign(new Token("html_inline", "", 0), { content });
    for (const block of tokens) {
      for (const token of block.children ?? []) {
        if (token.type === "text") token.content = token.content.replace(/(?<=\d) %/g, "\u00a0%");
      }
      block.children = (block.children ?? []).flatMap((token, i, all) => {
        const next = all[i + 1];
        if (token.type !== "math_inline" || next?.type !== "text") return [token];
        const [mark] = next.content.match(/^[^\s\w]+/) ?? [];
        if (mark === undefined) return [token];
        next.content = next.content.slice(mark.length);
        return [
          html('<span class="unbroken">'),
          token,
          html(`${markdown.utils.escapeHtml(mark)}</span>`),
        ];
      });
    }
  });
}
