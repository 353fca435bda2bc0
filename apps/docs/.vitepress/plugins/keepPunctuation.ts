import type { MarkdownRenderer } from "vitepress";

const wordJoiner = "\u2060";

/** Keeps what follows a formula on its line: browsers would break between the picture and a full stop. */
export function keepPunctuation(markdown: MarkdownRenderer) {
  markdown.core.ruler.push("keep-punctuation", ({ tokens }) => {
    for (const { children } of tokens) {
      children?.forEach((token, i) => {
        const isAfterFormula = children[i - 1]?.type === "math_inline";
        if (isAfterFormula && /^[^\s\w]/.test(token.content)) {
          token.content = wordJoiner + token.content;
        }
      });
    }
  });
}
