import { rangeError, typeError } from "./errors.ts";
import { formatValue } from "./format.ts";

/** Checks one option and says what stands for it when it is not given. */
export interface OptionSchema<T> {
  readonly fallback: T;
  /** `label` names the function and the option, for the error. */
  parse(value: unknown, label: string): T;
}

export type OptionSchemas<Values> = {
  readonly [Name in keyof Values]-?: OptionSchema<Values[Name]>;
};

/**
 * Makes the reader of an options object. Only its own properties count, each is read once,
 * and a name that no reader knows is an error.
 */
export function optionsParser<Values extends object>(
  schemas: OptionSchemas<Values>,
): (functionName: string, options: unknown) => Values {
  const names = Object.keys(schemas) as (keyof Values & string)[];
  const defaults = Object.fromEntries(names.map((name) => [name, schemas[name].fallback]));
  const fallback = Object.freeze(defaults) as Values;

  return (functionName, options) => {
    if (options === undefined) return fallback;
    if (typeof options !== "object" || options === null || Array.isArray(options)) {
      throw typeError(`${functionName}: options`, "be an object", formatValue(options));
    }
    const values = { ...fallback };
    for (const name of Object.keys(options) as (keyof Values & string)[]) {
      if (!Object.hasOwn(schemas, name)) {
        throw new TypeError(
          `${functionName}: unknown option ${formatValue(name)}, expected one of ${names.join(", ")}.`,
        );
      }
      const value: unknown = (options as Values)[name];
      if (value !== undefined)
        values[name] = schemas[name].parse(value, `${functionName}: ${name}`);
    }
    return values;
  };
}

/** A value of a type for which `accepts` holds; `expected` is that in words. */
function schema<T>(
  type: "number" | "string" | "boolean",
  fallback: T,
  expected: string,
  accepts: (value: T) => boolean,
): OptionSchema<T> {
  return {
    fallback,
    parse(value, label) {
      if (typeof value !== type) throw typeError(label, `be ${expected}`, formatValue(value));
      if (!accepts(value as T)) throw rangeError(label, `be ${expected}`, formatValue(value));
      return value as T;
    },
  };
}

/** A number for which `accepts` holds; `expected` is that condition in words. */
export function numeric(
  fallback: number,
  expected = "a number",
  accepts: (value: number) => boolean = () => true,
): OptionSchema<number> {
  return schema("number", fallback, expected, accepts);
}

/** A whole number. */
export function integer(fallback: number): OptionSchema<number> {
  return numeric(fallback, "a whole number", Number.isSafeInteger);
}

/** `true` or `false`. */
export function boolean(fallback: boolean): OptionSchema<boolean> {
  return schema("boolean", fallback, "true or false", () => true);
}

/** One of a few words, the first of which is the default. */
export function picklist<Word extends string>(
  ...words: readonly [Word, ...Word[]]
): OptionSchema<Word> {
  const expected = words.map((word) => `"${word}"`).join(" or ");
  return schema("string", words[0], expected, (word) => words.includes(word));
}

/** A value that is checked later, where more is known about it. */
export function unknown<T>(): OptionSchema<T | undefined> {
  return { fallback: undefined, parse: (value) => value as T };
}
