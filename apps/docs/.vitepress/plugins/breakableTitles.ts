import type { MarkdownRenderer } from "vitepress";

/** Lets the title of a page break between the words of a name: on phones, browsers would break it anywhere. */
export function breakableTitles(markdown: MarkdownRenderer) {
  markdown.core.ruler.push("breakable-titles", ({ tokens, Token }) => {
    const wordBreak = () => Object.assign(new Token("html_inline", "", 0), { content: "<wbr>" });
    const text = (content: string) => Object.assign(new Token("text", "", 0), { content });
    tokens.forEach((token, i) => {
      const title = tokens[i + 1];
      if (token.type !== "heading_open" || token.tag !== "h1" || !title?.children) return;
      title.children = title.children.flatMap((child) => {
        const words = child.type === "text" ? child.content.split(/(?<=[a-z0-9])(?=[A-Z])/) : [];
        if (words.length < 2) return [child];
        return words.flatMap((word, j) => (j === 0 ? [text(word)] : [wordBreak(), text(word)]));
      });
    });
  });
}
