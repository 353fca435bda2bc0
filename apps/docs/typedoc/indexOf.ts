import type { FunctionKind } from "./functionApi.ts";
import type { PublicFunction } from "./readFunctions.ts";

const titles: Readonly<Record<FunctionKind, string>> = {
  class: "One loss for each row of classes",
  element: "One loss for each element",
  row: "One loss for each row of vectors",
  batch: "Losses of whole batches",
  function: "Functions with options",
};

/** Writes the functions of a section as a list of links, by kind, each with one line. */
export function indexOf(
  section: "functions" | "losses" | "language" | "evaluation",
  functions: readonly PublicFunction[],
  pages: ReadonlyMap<string, string>,
): string {
  const lists = Object.entries(titles).map(([kind, title]) => {
    const items = functions
      .filter(({ api }) => api.kind === kind && pages.get(api.name)?.startsWith(`/${section}/`))
      .map((one) => `- [\`${one.api.name}\`](${pages.get(one.api.name)}): ${firstSentence(one)}`)
      .sort();
    return items.length > 0 ? `## ${title}\n\n${items.join("\n")}` : "";
  });
  return lists.filter(Boolean).join("\n\n");
}

function firstSentence({ reflection }: PublicFunction): string {
  const comment = reflection.comment ?? reflection.signatures?.[0].comment;
  const text = comment?.summary.map((part) => part.text).join("") ?? "";
  return (text.split("\n\n")[0] ?? "").replace(/\s+/g, " ").trim();
}
