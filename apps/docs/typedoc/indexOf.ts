import type { FunctionApi } from "./functionApi.ts";
import type { FunctionPage } from "./pages.ts";
import type { PublicFunction } from "./readFunctions.ts";

type Section = "functions" | "losses" | "language" | "evaluation";

/** The facts about functions that an index shows, by name. */
export interface IndexFacts {
  readonly pages: ReadonlyMap<string, FunctionPage>;
  /** The bytes that an import adds. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** The titles of the groups, in their order. */
const titles = {
  class: "One loss for each row of classes",
  element: "One loss for each element",
  row: "One loss for each row of vectors",
  batch: "Losses of whole batches",
  axis: "Functions along an axis",
  each: "Functions of each element",
  gradient: "Gradients of functions",
  scores: "Scores",
} as const;

/** Writes the functions of a section as tables, by kind: one line, picture, size of the import. */
export function indexOf(
  section: Section,
  functions: readonly PublicFunction[],
  facts: IndexFacts,
): string {
  const listed = functions.filter(({ api }) =>
    facts.pages.get(api.name)?.url.startsWith(`/${section}/`),
  );
  const tables = Object.entries(titles).map(([group, title]) => {
    const members = listed.filter(({ api }) => groupOf(api, section) === group);
    return members.length > 0 ? `## ${title}\n\n${tableOf(members, section, facts)}` : "";
  });
  return tables.filter(Boolean).join("\n\n");
}

function groupOf({ kind, name, options }: FunctionApi, section: Section): keyof typeof titles {
  if (kind !== "function") return kind;
  if (section !== "functions") return "scores";
  if (name.endsWith("Backward")) return "gradient";
  return options.some((option) => option.name === "axis") ? "axis" : "each";
}

function tableOf(
  members: readonly PublicFunction[],
  section: Section,
  { pages, sizes }: IndexFacts,
): string {
  const hasCurves = section === "functions" || section === "losses";
  const arePictured = hasCurves && members.some(({ api }) => pages.get(api.name)?.isExplored);
  const rows = members
    .map((member) => {
      const { name } = member.api;
      const line = firstSentence(member).replaceAll("|", "\\|");
      return [
        `[\`${name}\`](${pages.get(name)?.url})<br>${line}`,
        ...(arePictured ? [`<IndexPicture of="${name}" />`] : []),
        `${((sizes.get(name) ?? 0) / 1000).toFixed(1)}\u00a0kB`,
      ];
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const head = arePictured
    ? [
        ["function", "picture", "import"],
        ["---", "---", "---:"],
      ]
    : [
        ["function", "import"],
        ["---", "---:"],
      ];
  return [...head, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function firstSentence({ reflection }: PublicFunction): string {
  const comment = reflection.comment ?? reflection.signatures?.[0].comment;
  const text = comment?.summary.map((part) => part.text).join("") ?? "";
  return (text.split("\n\n")[0] ?? "").replace(/\s+/g, " ").trim();
}
