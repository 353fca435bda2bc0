import { typeError } from "./errors.ts";
import { formatKind } from "./format.ts";

/**
 * A pattern of names that an option has elsewhere, and its name here, for functions that have it. The third part, if
 * any, is what to write instead. The pattern is for names in lower case, without "_" and without the "s" of a plural.
 */
export type OtherName = readonly [pattern: RegExp, option: string, advice?: string];

/** Returns what to write instead of an unknown option. */
export function adviseName(
  name: string,
  schemas: Readonly<Record<string, { readonly otherNames?: RegExp | undefined }>>,
  otherNames: readonly OtherName[],
): string {
  const names = Object.keys(schemas);
  const other = plain(name);
  const own = names.find((name) => plain(name) === other || schemas[name].otherNames?.test(other));
  const [, option, advice] = own
    ? [other, own]
    : (otherNames.find(([pattern, option]) => option in schemas && pattern.test(other)) ?? []);
  return (
    advice ?? (option ? `it is called "${option}" here` : `expected one of ${names.join(", ")}`)
  );
}

/** Returns a name as patterns have it. */
function plain(name: string): string {
  return name
    .toLowerCase()
    .replaceAll("_", "")
    .replace(/(...)s$/, "$1");
}

/** Options whose values are often given without their name. */
const frequentOptions = ["axis", "reduction", "weight", "weights", "sampleWeight", "out"];

/** Returns the error for options that are no plain object. It names options that the value may be meant for. */
export function optionsError(
  functionName: string,
  options: unknown,
  names: readonly string[],
): TypeError {
  const kind = formatKind(options);
  const examples = names
    .filter((name) => frequentOptions.includes(name))
    .map((name) => ` { ${name}: … }`);
  return typeError(
    `${functionName}: options`,
    `be a plain object${examples.join(" or")}`,
    kind === "Object" ? "an object with data or inherited properties" : kind,
  );
}
