import type { MarkdownEnv, MarkdownRenderer } from "vitepress";

/** Gives each line of code an anchor, `#L1` and so on, on pages with `lineAnchors: true`. */
export function lineAnchors(markdown: MarkdownRenderer) {
  const { fence } = markdown.renderer.rules;
  if (fence === undefined) throw new Error("The renderer has no rule for code blocks.");
  markdown.renderer.rules.fence = (tokens, index, options, env: MarkdownEnv, self) => {
    const html = fence(tokens, index, options, env, self);
    if (!env.frontmatter?.lineAnchors) return html;
    let line = 0;
    return html.replaceAll('<span class="line"', (span) => `${span} id="L${++line}"`);
  };
}
