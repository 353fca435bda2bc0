import { rangeError, typeError } from "./errors.ts";
import { formatValue } from "./format.ts";
import { adviseName, type OtherName, optionsError } from "./optionAdvice.ts";

/** The rules for one option: how its value is checked, and its default. */
export interface OptionSchema<T> {
  /** The value of an option that is missing or undefined. */
  readonly fallback: T;
  /** A pattern of the option's names in other libraries. See `OtherName` for the form of names. */
  readonly otherNames?: RegExp | undefined;
  /** Checks a value and returns it. `label` names the function and the option in errors. */
  parse(value: unknown, label: string): T;
}

/** One schema for each option. */
export type OptionSchemas<Values> = {
  readonly [Name in keyof Values]-?: OptionSchema<Values[Name]>;
};

/**
 * Returns a parser for an options object. The parser reads each of the object's own properties
 * once, and throws if one has no schema.
 *
 * @param otherNames names of other libraries, and what to write instead of them.
 */
export function optionsParser<Values extends object>(
  schemas: OptionSchemas<Values>,
  otherNames: readonly OtherName[] = [],
): (functionName: string, options: unknown) => Values {
  const names = Object.keys(schemas) as (keyof Values & string)[];
  const entries = names.map((name) => [name, schemas[name].fallback]);
  const defaults = Object.freeze(Object.fromEntries(entries)) as Values;

  return (functionName, options) => {
    if (options === undefined) return defaults;
    if (!isPlainObject(options) || ("data" in options && !("data" in schemas))) {
      throw optionsError(functionName, options, names);
    }
    const values = { ...defaults };
    for (const name of Object.keys(options) as (keyof Values & string)[]) {
      if (!Object.hasOwn(schemas, name)) {
        const advice = adviseName(name, schemas, otherNames);
        throw new TypeError(`${functionName}: unknown option ${formatValue(name)}, ${advice}.`);
      }
      const value = readOption(functionName, options, name);
      if (value !== undefined)
        values[name] = schemas[name].parse(value, `${functionName}: ${name}`);
    }
    return values;
  };
}

/**
 * Returns whether a value is an object literal, or an object without a prototype. The properties that others inherit
 * would be ignored: the getters of a class, for example.
 */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Only Object.prototype has this property itself, in this realm and in every other.
  return prototype === null || Object.hasOwn(prototype as object, "isPrototypeOf");
}

/** Reads an option. An error of its getter becomes one of the function called. */
export function readOption(functionName: string, options: object, name: string): unknown {
  try {
    return (options as Readonly<Record<string, unknown>>)[name];
  } catch (cause) {
    const message = `${functionName}: ${name} cannot be read, because its getter threw: ${(cause as Error)?.message}`;
    throw new TypeError(message, { cause });
  }
}

/** Returns a schema for values of a primitive type that pass a check; `expected` describes them in words. */
function primitive<T>(
  type: "number" | "boolean",
  fallback: T,
  expected: string,
  isValid: (value: T) => boolean,
): OptionSchema<T> {
  return {
    fallback,
    parse(value, label) {
      if (typeof value !== type) throw typeError(label, `be ${expected}`, formatValue(value, true));
      if (!isValid(value as T)) throw rangeError(label, `be ${expected}`, formatValue(value, true));
      return value as T;
    },
  };
}

/** Returns a schema for numbers that pass a check; `expected` describes them in words. */
export function numeric(
  fallback: number,
  expected = "a number",
  isValid: (value: number) => boolean = () => true,
): OptionSchema<number> {
  return primitive("number", fallback, expected, isValid);
}

/** Returns a schema for whole numbers. */
export function integer(fallback: number): OptionSchema<number> {
  return numeric(fallback, "a whole number", Number.isSafeInteger);
}

/** Returns a schema for `true` or `false`. */
export function boolean(fallback: boolean): OptionSchema<boolean> {
  return primitive("boolean", fallback, "true or false", () => true);
}

/** Returns a schema for one of several strings or numbers; the first is the default. */
export function picklist<Choice extends string | number>(
  ...choices: readonly [Choice, ...Choice[]]
): OptionSchema<Choice> {
  const expected = choices.map((choice) => formatValue(choice)).join(" or ");
  return {
    fallback: choices[0],
    parse(value, label) {
      if (choices.includes(value as Choice)) return value as Choice;
      const isOfKind = choices.some((choice) => typeof choice === typeof value);
      const error = isOfKind ? rangeError : typeError;
      throw error(label, `be ${expected}`, formatValue(value, true));
    },
  };
}

/** Returns a schema that accepts any value, for options that the function itself checks later. */
export function unknown<T>(): OptionSchema<T | undefined> {
  return { fallback: undefined, parse: (value) => value as T };
}
