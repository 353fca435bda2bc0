import { formatValue } from "@surprisal/core/authoring";

/** The functions of a definition that get the loss's own options. */
const functions = [
  "formula",
  "classIndexKernel",
  "softTargetKernel",
  "classLosses",
  "softcap",
  "softcapKernel",
  "hasPenalty",
] as const;

/**
 * Returns a definition each of whose functions throws if it reads an option that has no schema, until a call has
 * returned. TypeScript does not compile such a definition; in JavaScript the function would get undefined.
 *
 * Further calls go to the function itself, so that they take no longer.
 */
export function guardOptions<Definition extends { readonly name: string }>(
  definition: Definition,
): Definition {
  const guarded: Definition = Object.create(definition);
  for (const key of functions) {
    const given: unknown = (definition as Partial<Record<string, unknown>>)[key];
    if (typeof given !== "function") continue;
    const call = given.bind(definition);
    const define = (value: unknown) =>
      Object.defineProperty(guarded, key, { value, configurable: true });
    define((options: object, ...others: unknown[]): unknown => {
      const known = withKnownNames(options, `defineLoss: ${definition.name}: ${key}`);
      const result = call(known, ...others);
      define(call);
      return result;
    });
  }
  return guarded;
}

/** Names that the language and tools ask any object for. */
const askedOfAll = ["then", "toJSON"];

/** Returns options that throw if an unknown one is read. */
function withKnownNames(options: object, label: string): object {
  return new Proxy(options, {
    get(known, name, receiver) {
      if (typeof name === "string" && !(name in known) && !askedOfAll.includes(name)) {
        throw new TypeError(
          `${label} reads the option ${formatValue(name)}, which has no schema in options.`,
        );
      }
      return Reflect.get(known, name, receiver);
    },
  });
}
