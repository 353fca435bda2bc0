import type { MarkdownEnv, MarkdownRenderer } from "vitepress";

/** Lets each line of code be linked to, as `#L1` and so on, on pages that say `lineAnchors: true`. */
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
