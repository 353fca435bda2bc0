import { createMarkdownRenderer } from "vitepress";
import { expect, test } from "vitest";
import { keepPunctuation } from "../.vitepress/plugins/keepPunctuation.ts";

test("punctuation stays with the formula before it, a word does not", async () => {
  const markdown = await createMarkdownRenderer(".", { math: true, config: keepPunctuation });
  const html = markdown.render("Let $p$, and $q$ be. It is $r$.");
  const parts = html.split("</mjx-container>").slice(1);
  expect(parts.map((part: string) => part.slice(0, 2))).toEqual(["\u2060,", " b", "\u2060."]);
});
