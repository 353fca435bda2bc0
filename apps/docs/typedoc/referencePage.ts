import type { SomeType } from "typedoc";
import { type ContainerColumn, containerTable } from "./containers.ts";
import type { FunctionApi } from "./functionApi.ts";
import { type LinkTo, optionsTable, showType } from "./optionsTable.ts";
import { lossTypes, type PublicFunction } from "./readFunctions.ts";
import { insertSection, keepLastSignature, replaceSection, replaceSignature } from "./sections.ts";
import { shapesSection } from "./shapes.ts";

/** The links that the page of a function needs. */
export interface ReferenceLinks {
  readonly linkTo: LinkTo;
  /** Returns a link to a type of the library, by name. */
  readonly linkType: (name: string) => string;
  /** The address of the page that explains the function. */
  readonly explained: string | undefined;
}

/** Rewrites the page of a function that TypeDoc has made: calls, shapes and tables instead of generics. */
export function referencePage(
  contents: string,
  found: PublicFunction,
  links: ReferenceLinks,
): string {
  let page = keepLastSignature(contents);
  if (links.explained !== undefined) {
    page = page.replace(/^# .*$/m, `$&\n\n[Explained, and to try out](${links.explained})`);
  }
  const isLoss = lossTypes(found.reflection) !== undefined;
  page = isLoss ? describeLoss(page, found, links) : describeFunction(page, found, links);
  const shapes = shapesSection(found.api);
  if (shapes !== undefined) page = insertSection(page, shapes, ["You pass, you get", "Throws"]);
  return `${page.trimEnd()}\n\n## Options\n\n${optionsOf(found, isLoss, links)}\n`;
}

function optionsOf(found: PublicFunction, isLoss: boolean, { linkTo }: ReferenceLinks): string {
  const table = optionsTable(found, linkTo);
  return isLoss ? `The loss and its \`valueAndGrad\` take these options:\n\n${table}` : table;
}

function describeLoss(contents: string, found: PublicFunction, links: ReferenceLinks): string {
  const { name, arguments: names, kind } = found.api;
  const types = lossTypes(found.reflection);
  if (types === undefined) throw new Error(`${name} is no loss.`);
  const call = `(${[...names, "options"].join(", ")})`;
  const isOfSeveral = types.differentiated !== undefined;
  const calls = [
    `A ${links.linkType("Loss")} is a function with a method:`,
    "",
    "```ts",
    `${name}${call}; // the loss`,
    `${name}.valueAndGrad${call}; // { value, grad${isOfSeveral ? ", grads" : ""} }`,
    "```\n\n",
  ];
  const typeOf = (argument: string) => {
    if (argument === names[0]) return links.linkType("FloatInput");
    if (argument === "options") {
      const own = showType(types.options, links.linkTo);
      return `${own}; of \`valueAndGrad\` also ${links.linkType("GradientOptions")}`;
    }
    const rest = types.rest.find((one) => one.name === argument)?.element;
    return showType(rest as SomeType | undefined, links.linkTo);
  };
  const page = replaceSection(replaceSignature(contents, calls.join("\n")), "Parameters", (list) =>
    argumentTable(list, typeOf),
  );
  const each = { element: "sameShape", class: "reduced", row: "reduced" } as const;
  const column = each[kind as keyof typeof each];
  const columns: Record<string, ContainerColumn> = {
    ...(column === undefined ? {} : { 'the loss, with `reduction: "none"`': column }),
    "`grad`": "sameShape",
  };
  return insertSection(page, containers(columns, found.api), ["Throws"]);
}

/** Writes a list of arguments, as docstrings have it, as a table with their types. */
function argumentTable(list: string, typeOf: (argument: string) => string): string {
  const items = [...list.matchAll(/^- `(\w+)`: ([\s\S]*?)(?=^- |(?![\s\S]))/gm)];
  const rows = items.map(([, name, text]) => {
    const meaning = text.replace(/\s+/g, " ").trim().replaceAll("|", "\\|");
    return `| \`${name}\` | ${meaning}<br>${typeOf(name)} |`;
  });
  return ["| argument | meaning and type |", "| --- | --- |", ...rows].join("\n");
}

/** Replaces the type parameters of a function that returns its argument's kind of container, or `out`. */
function describeFunction(contents: string, found: PublicFunction, links: ReferenceLinks): string {
  const { name, arguments: names } = found.api;
  if (!/^## Type Parameters/m.test(contents)) return contents;
  const code = `\`\`\`ts\n${name}(${[...names, "options"].join(", ")});\n\`\`\`\n\n`;
  const typed = contents.replace(/\[`(?:TypedOut|WrittenTo)`\]\([^)]*\)\\<(.*), `Out`\\>/g, "$1");
  let page = replaceSection(replaceSignature(typed, code), "Type Parameters", () => "");
  page = replaceSection(page, "Parameters", (table) =>
    table.replace(/<br>`I` \|/g, `<br>${links.linkType("FloatInput")} |`),
  );
  const column = { Output: "sameShape", Reduced: "reduced" } as const;
  let returned: keyof typeof column | undefined;
  page = replaceSection(page, "Returns", (text) =>
    text.replace(
      /^(?:`number` \\\| )?\[`(Output|Reduced)`\]\(.*\)\\<`I`\\>\n\n/,
      (_, type: keyof typeof column) => {
        returned = type;
        return "";
      },
    ),
  );
  if (returned === undefined) return page;
  return insertSection(page, containers({ "you get": column[returned] }, found.api), ["Throws"]);
}

function containers(
  columns: Readonly<Record<string, ContainerColumn>>,
  { kind, module, arguments: [first] }: FunctionApi,
): string {
  const single = kind === "element" || module === "@surprisal/core";
  const table = containerTable(columns, { passed: `you pass as \`${first}\``, single });
  return `## You pass, you get\n\n${table}`;
}
