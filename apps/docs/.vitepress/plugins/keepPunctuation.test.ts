import { createMarkdownRenderer } from "vitepress";
import { expect, test } from "vitest";
import { keepPunctuation } from "./keepPunctuation.ts";

test("punctuation stays with the formula before it, a word does not", async () => {
  const markdown = await createMarkdownRenderer(".", { math: true, config: keepPunctuation });
  const html: string = markdown.render("Let $p$, and $q$ be. It is `$x$`, $r$-th or $s$");
  const parts = html.split("</mjx-container>").slice(1);
  expect(parts.map((part) => part.slice(0, 9))).toEqual([
    ",</span> ",
    " be. It i",
    "-</span>t",
    "</p>\n",
  ]);
  expect(html.match(/<span class="unbroken"><mjx-container/g)?.length).toBe(2);
});

test("% stays with its number, but not in code", async () => {
  const markdown = await createMarkdownRenderer(".", { math: true, config: keepPunctuation });
  const html: string = markdown.render("It is 99 % sure, `7 % 2` and **5 %**, a % b.");
  expect(html).toContain("99\u00a0% sure");
  expect(html).toContain("<code>7 % 2</code>");
  expect(html).toContain("5\u00a0%</strong>, a % b");
});
