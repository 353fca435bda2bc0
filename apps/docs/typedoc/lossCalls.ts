import { CommentTag, type DeclarationReflection } from "typedoc";
import { firstArgument, lossTypes } from "./readFunctions.ts";

/** Adds the calls of a loss to its documentation, from the arguments of its type `Loss<[…], …>`. */
export function describeLoss(variable: DeclarationReflection) {
  const types = lossTypes(variable);
  if (types === undefined || variable.comment === undefined) return;
  const { name, comment } = variable;
  const options = String(types.options);
  const args = [
    `${firstArgument(variable)}: I`,
    ...types.rest.map((rest) => `${rest.name}: ${String(rest.element)}`),
  ];
  const value = `number | Losses<I, ${String(types.per ?? '"row"')}>`;
  const differentiated = types.differentiated === undefined ? "" : `, ${types.differentiated}`;
  const code = [
    "```ts",
    call(name, [...args, `options?: ${options}`], value),
    "",
    call(
      `${name}.valueAndGrad`,
      [...args, `options?: ${options} & GradientOptions`],
      `ValueAndGrad<${value}, Output<I>${differentiated}>`,
    ),
    "```",
  ].join("\n");
  comment.blockTags.unshift(
    new CommentTag("@group", [{ kind: "text", text: "Losses" }]),
    new CommentTag("@calls", [{ kind: "code", text: code }]),
  );
}

function call(name: string, parameters: readonly string[], result: string): string {
  const lines = parameters.map((parameter) => `  ${parameter},`);
  return [`${name}<I extends FloatInput>(`, ...lines, `): ${result}`].join("\n");
}
