import type { FunctionApi } from "./functionApi.ts";
import { shapeExample } from "./shapeExample.ts";
import { images, lossResults, type Shapes, special, vectors } from "./specialShapes.ts";

/** Writes the shapes of a function's arguments and results, with an example of several axes. */
export function shapesSection(api: FunctionApi): string | undefined {
  const shapes = shapesOf(api);
  if (shapes === undefined) return undefined;
  const table = [["argument or result", "shape"], ["---", "---"], ...shapes.general]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
  return `## Shapes\n\n${table}\n\n${shapes.call.axes}\n\n${shapeExample(api, shapes.call)}`;
}

function shapesOf(api: FunctionApi): Shapes | undefined {
  const [first, ...others] = api.arguments;
  const own = special[api.name];
  if (own !== undefined) return own;
  switch (api.kind) {
    case "class":
      return {
        general: [
          [code(first), "`[C]`, `[N, C]`, `[…, C]`, or `[N, C, d₁, …, dₖ]` with `axis: 1`"],
          ["`target`, class indices", "that of the input without the class axis"],
          ["`target`, class probabilities", "that of the input"],
          ...lossResults("the shape of the input without the class axis", first),
        ],
        call: {
          ...images,
          arguments: [
            [2, 3, 4, 5],
            [2, 4, 5],
          ],
          probabilities: [2, 3, 4, 5],
        },
      };
    case "element":
      return {
        general: [
          [code(first), "any"],
          ...others.map((name): [string, string] => [
            code(name),
            "that of the input, or one that broadcasts with it",
          ]),
          ...lossResults("the shape of the input", first),
        ],
        call: {
          axes: "Two rows of three vectors of four elements:",
          arguments: api.arguments.map(() => [2, 3, 4]),
          result: [2, 3, 4],
        },
      };
    case "row":
      return {
        general: [
          ...api.arguments.map((name): [string, string] => [
            code(name),
            "`[D]`, `[N, D]`, `[…, D]`, or any with `axis`",
          ]),
          ...lossResults("the shape of the input without the axis of the vectors", first),
        ],
        call: { ...vectors, arguments: api.arguments.map(() => [2, 3, 4]) },
      };
    default:
      return undefined;
  }
}

function code(name: string): string {
  return `\`${name}\``;
}
