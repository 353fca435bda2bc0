import { type ContainerColumn, containerTable } from "./containers.ts";
import { replaceSection, replaceSignature } from "./sections.ts";

/** The types that only say which container comes back, and the results that their tables show. */
const containerTypes: Readonly<Record<string, Readonly<Record<string, ContainerColumn>>>> = {
  Output: { "you get": "sameShape" },
  Reduced: { "you get": "reduced" },
  Losses: { "one loss per row": "reduced", "one loss per element": "sameShape" },
};

/** Replaces the definition of a type by a table where the definition says less. */
export function typePage(contents: string, name: string): string {
  if (name === "Loss") return lossPage(contents);
  const columns = containerTypes[name];
  if (columns === undefined) return contents;
  const page = replaceSection(contents, "Type Parameters", () => "");
  return `${replaceSignature(page, "").trimEnd()}\n\n${containerTable(columns)}\n`;
}

/** Replaces the signatures of the type of all losses. */
function lossPage(contents: string): string {
  const [head] = contents.split(/^## Call Signature\n/m);
  return `${head.trimEnd()}\n\n${lossCalls}`;
}

const lossCalls = `## Calls

| call | you get |
| --- | --- |
| \`loss(input, …)\` | a number: the mean of the losses |
| \`loss(input, …, { reduction: "sum" })\` | a number |
| \`loss(input, …, { reduction: "none" })\` | each loss: [\`Losses\`](../type-aliases/Losses.md) |
| \`loss.valueAndGrad(input, …)\` | [\`ValueAndGrad\`](ValueAndGrad.md): the loss, and its gradient in the input's container |

The options of \`valueAndGrad\` are those of the loss and [\`GradientOptions\`](GradientOptions.md).

## You pass, you get

${containerTable({
  "one loss per row": "reduced",
  "one loss per element": "sameShape",
  "`grad`": "sameShape",
})}
`;
