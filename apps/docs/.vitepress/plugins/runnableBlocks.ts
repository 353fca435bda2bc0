import { deflateRawSync } from "node:zlib";
import type { MarkdownEnv, MarkdownRenderer } from "vitepress";

/** Adds a Run button to each code block that is a program, except on pages with `runnable: false`. */
export function runnableBlocks(markdown: MarkdownRenderer) {
  const { fence } = markdown.renderer.rules;
  if (fence === undefined) throw new Error("The renderer has no rule for code blocks.");
  markdown.renderer.rules.fence = (tokens, index, options, env: MarkdownEnv, self) => {
    const html = fence(tokens, index, options, env, self);
    const { info, content } = tokens[index];
    if (!isProgram(info, content) || env.frontmatter?.runnable === false) return html;
    return `<Runnable link="${playgroundLink(content)}">${html}</Runnable>\n`;
  };
}

/** Returns whether a code block is a program that imports our packages. */
export function isProgram(info: string, code: string): boolean {
  return /^ts\b/.test(info) && /^import [^;]* from "@surprisal\//m.test(code);
}

/** Returns the link that the playground makes for sharing a program. */
function playgroundLink(code: string): string {
  return `/playground#code=${deflateRawSync(code).toString("base64url")}`;
}
