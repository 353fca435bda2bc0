import type { Picture } from "./picture.ts";
import { givenOptions, type Settings, type Subject } from "./subject.ts";
import type { Values } from "./values.ts";

/** Returns the program that computes a picture. */
export function writeCode(subject: Subject, settings: Settings, picture?: Picture): string {
  const { api, transform, view } = subject;
  const given = Object.entries(givenOptions(subject, settings));
  const options = given.map(([name, value]) => `${name}: ${literal(value)}`).join(", ");
  const passed = [...api.arguments, ...(options === "" ? [] : [`{ ${options} }`])].join(", ");
  const declared = api.arguments.map((name, i) => {
    const values = argumentLiteral(settings.args[name]);
    return `const ${name} = ${i === 0 && transform ? `${transform.name}(${values})` : values};`;
  });
  return [
    ...(transform ? [`import { ${transform.name} } from "@surprisal/core";`] : []),
    `import { ${view?.program?.imports.join(", ") ?? api.name} } from "${api.module}";`,
    "",
    ...declared,
    "",
    ...(api.kind === "function"
      ? functionCall(subject, settings, passed, picture)
      : lossCall(subject, passed, picture)),
  ].join("\n");
}

function functionCall(
  { api, view }: Subject,
  { args }: Settings,
  passed: string,
  picture: Picture | undefined,
): string[] {
  const call = `${api.name}(${passed});`;
  const declared = view?.program?.write(...api.arguments.map((name) => args[name]));
  if (picture?.results === undefined) return declared ?? [`${call}${resultOf(picture?.value)}`];
  return [
    ...(declared ?? [`const result = ${call}`]),
    ...Object.entries(picture.results).map(([after, value]) => `result${after};${resultOf(value)}`),
  ];
}

function lossCall({ api }: Subject, passed: string, picture: Picture | undefined): string[] {
  const gradients = Object.entries(picture?.gradients ?? {});
  const several = gradients.length > 1;
  return [
    `const { value, ${several ? "grads" : "grad"} } = ${api.name}.valueAndGrad(${passed});`,
    `value;${resultOf(picture?.value)}`,
    ...gradients.map(
      ([name, values]) => `${several ? `grads.${name}` : "grad"};${resultOf(values)}`,
    ),
  ];
}

/** The longest line of an argument. */
const lineLength = 60;

/** Writes an argument on one line, or if it is long, each of its rows. */
function argumentLiteral(values: Values): string {
  const line = literal(values);
  if (typeof values === "number" || line.length <= lineLength) return line;
  return `[\n${values.map((row) => `  ${literal(row)},`).join("\n")}\n]`;
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function resultOf(values: Values | string | undefined): string {
  if (typeof values === "string") return ` // ${JSON.stringify(values)}`;
  return values === undefined ? "" : ` // ${cut(values)}`;
}

/** Formats numbers as the examples of the pages do, with … for omitted digits. */
function cut(values: unknown): string {
  if (Array.isArray(values)) return `[${values.map(cut).join(", ")}]`;
  const value = values as number;
  const size = Math.abs(value);
  if (!Number.isFinite(value) || Number.isInteger(value)) return String(value);
  if (size < 1e-3 || size >= 1e6) return value.toExponential(3);
  const text = String(value);
  const end = text.indexOf(".") + 5;
  return text.length > end ? `${text.slice(0, end)}…` : text;
}
