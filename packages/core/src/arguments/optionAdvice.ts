import { typeError } from "./errors.ts";
import { formatKind } from "./format.ts";

/**
 * A pattern of names in other libraries, and an option: the entry is for functions that have it. The third part is what
 * to write instead. Without it, the option is the name here. Patterns see names in lower case, without "_", and without a
 * final "s" after three or more characters: "axes" is "axe".
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
const frequentOptions = [
  "axis",
  "reduction",
  "weight",
  "weights",
  "sampleWeight",
  "out",
  "gradOutput",
];

/**
 * Returns the error for a value that is not an options object, such as an array. It names the options that the value may
 * be meant for.
 */
export function optionsError(
  functionName: string,
  options: unknown,
  names: readonly string[],
): TypeError {
  const kind = formatKind(options);
  const isData = typeof options === "object" && options !== null && "data" in options;
  const examples = names
    .filter((name) => frequentOptions.includes(name))
    .map((name) => ` { ${name}: … }`);
  return typeError(
    `${functionName}: options`,
    `be a plain object${examples.length > 0 ? ` such as${examples.join(" or")}` : ""}`,
    kind === "Object"
      ? `an object ${isData ? 'with "data"' : "that inherits its properties"}`
      : kind,
  );
}
