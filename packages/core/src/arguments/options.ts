import { describe } from "./format.ts";
import { wrongKind, wrongValue } from "./errors.ts";

/** Checks one option and says what stands for it when it is not given. */
export interface Reader<T> {
  readonly fallback: T;
  /** `label` names the function and the option, for the error. */
  read(value: unknown, label: string): T;
}

export type Readers<Values> = { readonly [Name in keyof Values]-?: Reader<Values[Name]> };

/**
 * Makes the reader of an options object. Only its own properties count, each is read once,
 * and a name that no reader knows is an error.
 */
export function optionsReader<Values extends object>(
  readers: Readers<Values>,
): (where: string, options: unknown) => Values {
  const names = Object.keys(readers) as (keyof Values & string)[];
  const defaults = Object.fromEntries(names.map((name) => [name, readers[name].fallback]));
  const fallback = Object.freeze(defaults) as Values;

  return (where, options) => {
    if (options === undefined) return fallback;
    if (typeof options !== "object" || options === null || Array.isArray(options)) {
      throw wrongKind(`${where}: options`, "be an object", describe(options));
    }
    const values = { ...fallback };
    for (const name of Object.keys(options) as (keyof Values & string)[]) {
      if (!Object.hasOwn(readers, name)) {
        throw new TypeError(
          `${where}: unknown option ${describe(name)}, expected one of ${names.join(", ")}.`,
        );
      }
      const value: unknown = (options as Values)[name];
      if (value !== undefined) values[name] = readers[name].read(value, `${where}: ${name}`);
    }
    return values;
  };
}

/** A value of a type for which `accepts` holds; `expected` is that in words. */
function reader<T>(
  type: "number" | "string" | "boolean",
  fallback: T,
  expected: string,
  accepts: (value: T) => boolean,
): Reader<T> {
  return {
    fallback,
    read(value, label) {
      if (typeof value !== type) throw wrongKind(label, `be ${expected}`, describe(value));
      if (!accepts(value as T)) throw wrongValue(label, `be ${expected}`, describe(value));
      return value as T;
    },
  };
}

/** A number for which `accepts` holds; `expected` is that condition in words. */
export function numeric(
  fallback: number,
  expected = "a number",
  accepts: (value: number) => boolean = () => true,
): Reader<number> {
  return reader("number", fallback, expected, accepts);
}

/** A whole number. */
export function integer(fallback: number): Reader<number> {
  return numeric(fallback, "a whole number", Number.isSafeInteger);
}

/** `true` or `false`. */
export function flag(fallback: boolean): Reader<boolean> {
  return reader("boolean", fallback, "true or false", () => true);
}

/** One of a few words, the first of which is the default. */
export function choice<Word extends string>(...words: readonly [Word, ...Word[]]): Reader<Word> {
  const expected = words.map((word) => `"${word}"`).join(" or ");
  return reader("string", words[0], expected, (word) => words.includes(word));
}

/** A value that is checked later, where more is known about it. */
export function deferred<T>(): Reader<T | undefined> {
  return { fallback: undefined, read: (value) => value as T };
}
