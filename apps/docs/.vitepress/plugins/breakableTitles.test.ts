import { createMarkdownRenderer } from "vitepress";
import { expect, test } from "vitest";
import { breakableTitles } from "./breakableTitles.ts";

test("a title breaks between the words of a name, and its address and other headings stay", async () => {
  // VitePress keeps one renderer, which another test may have configured.
  const markdown = await createMarkdownRenderer(".");
  breakableTitles(markdown);
  const env = { path: "", relativePath: "", cleanUrls: true };
  const html: string = markdown.render("# mseLoss and klDiv\n\n## mseLoss\n\nmseLoss", env);
  expect(html).toContain("mse<wbr>Loss and kl<wbr>Div");
  expect(html).toContain('id="mseloss-and-kldiv"');
  expect(html.match(/<wbr>/g)?.length).toBe(2);
  expect(env).toMatchObject({ title: "mseLoss and klDiv" });
});
