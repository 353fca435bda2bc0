import {
  type Comment,
  type DeclarationReflection,
  ReferenceType,
  type Reflection,
  type SomeType,
  UnionType,
} from "typedoc";
import { defaultOf, type PublicFunction } from "./readFunctions.ts";

/** A function that returns the URL of a reflection. */
export type LinkTo = (reflection: Reflection) => string;

/** Writes the options of a function as a Markdown table, from their types and docstrings. */
export function optionsTable({ api, options }: PublicFunction, linkTo: LinkTo): string {
  const rows = options.map((option, i) => {
    const { gradientOnly } = api.options[i];
    const only = gradientOnly ? "Only in `valueAndGrad`. " : "";
    // Type and default are below the description: a phone has no room for columns of their own.
    const facts = `${showType(option.type, linkTo)}${showDefault(option.comment)}`;
    return [`[\`${option.name}\`](${linkTo(option)})`, `${only}${describe(option)}<br>${facts}`];
  });
  const lines = [["option", "meaning, type and default"], ["---", "---"], ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Writes a type, with links to the types of the library in it. */
export function showType(type: SomeType | undefined, linkTo: LinkTo): string {
  const members = type instanceof UnionType ? type.types : [type];
  return members
    .map((member) =>
      member instanceof ReferenceType && member.reflection !== undefined
        ? `[\`${member.name}\`](${linkTo(member.reflection)})`
        : `\`${String(member)}\``,
    )
    .join(" \\| ");
}

function showDefault(comment: Comment | undefined): string {
  const text = defaultOf(comment);
  return text === undefined ? "" : `, default \`${text}\``;
}

function describe({ name, comment }: DeclarationReflection): string {
  if (comment === undefined) throw new Error(`The option ${name} has no docstring.`);
  const text = comment.summary.map((part) => part.text).join("");
  return text.replace(/\s+/g, " ").replace(/\|/g, "\\|").trim();
}
