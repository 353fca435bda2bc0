import { deflateRawSync } from "node:zlib";
import type { MarkdownEnv, MarkdownRenderer } from "vitepress";

/** Puts a Run button below every code block that is a whole program of ours, unless its page says `runnable: false`. */
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

/** Whether a code block is a program that imports our packages. */
export function isProgram(info: string, code: string): boolean {
  return /^ts\b/.test(info) && /^import .* from "@surprisal\//m.test(code);
}

/** The link that the playground itself makes for sharing. */
function playgroundLink(code: string): string {
  return `/playground#code=${deflateRawSync(code).toString("base64url")}`;
}
