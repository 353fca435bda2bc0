/** Replaces the text below a heading of level 2, up to the next one. Without the heading, nothing changes. */
export function replaceSection(
  page: string,
  title: string,
  replace: (text: string) => string,
): string {
  const section = new RegExp(`^## ${title}\\n\\n([\\s\\S]*?)(?=^## |(?![\\s\\S]))`, "m");
  return page.replace(section, (_, text: string) => {
    const replaced = replace(text.trimEnd());
    return replaced === "" ? "" : `## ${title}\n\n${replaced}\n\n`;
  });
}

/** Adds a section before the first of some others, or at the end. */
export function insertSection(page: string, section: string, before: readonly string[]): string {
  const next = page.search(new RegExp(`^## (${before.join("|")})\\n`, "m"));
  if (next < 0) return `${page.trimEnd()}\n\n${section}\n`;
  return `${page.slice(0, next)}${section}\n\n${page.slice(next)}`;
}

/** Keeps the last of several signatures of a function, the most general one, as the only one. */
export function keepLastSignature(page: string): string {
  const parts = page.split(/^## Call Signature\n/m);
  if (parts.length === 1) return page;
  return parts[0] + (parts.at(-1) ?? "").trimStart().replace(/^###/gm, "##");
}

/** Replaces the signature that TypeDoc writes as a quotation. */
export function replaceSignature(page: string, replacement: string): string {
  return page.replace(/^> .*\n\n/m, () => replacement);
}
