import { rangeError, typeError } from "./errors.ts";
import { formatKind, formatValue } from "./format.ts";

/** The rules for one option: how its value is checked, and its default. */
export interface OptionSchema<T> {
  /** The value of an option that is missing or undefined. */
  readonly fallback: T;
  /** Checks a value and returns it. `label` names the function and the option in errors. */
  parse(value: unknown, label: string): T;
}

/** One schema for each option. */
export type OptionSchemas<Values> = {
  readonly [Name in keyof Values]-?: OptionSchema<Values[Name]>;
};

/** PyTorch's, NumPy's and SciPy's names of options whose names here are others. */
const otherNames: Readonly<Record<string, string>> = {
  axes: "axis",
  b: "weights",
  dim: "axis",
  keepdim: "keepDims",
};

/**
 * Returns a parser for an options object. The parser reads each of the object's own properties
 * once, and throws if one has no schema.
 *
 * @param methodOptions the names of options that only the function's `valueAndGrad` has.
 * @param advise returns what to write instead of an unknown name, in lower case and without "_", if it is known.
 */
export function optionsParser<Values extends object>(
  schemas: OptionSchemas<Values>,
  methodOptions: readonly string[] = [],
  advise?: (name: string, names: readonly string[]) => string | undefined,
): (functionName: string, options: unknown) => Values {
  const names = Object.keys(schemas) as (keyof Values & string)[];
  const entries = names.map((name) => [name, schemas[name].fallback]);
  const defaults = Object.freeze(Object.fromEntries(entries)) as Values;

  return (functionName, options) => {
    if (options === undefined) return defaults;
    if (!isPlainObject(options)) {
      const isOther = typeof options === "object" && options !== null && !Array.isArray(options);
      const kind = formatKind(options);
      throw typeError(
        `${functionName}: options`,
        isOther ? "be a plain object" : "be an object",
        kind === "Object" ? "an object that inherits its properties" : kind,
      );
    }
    const values = { ...defaults };
    for (const name of Object.keys(options) as (keyof Values & string)[]) {
      if (!Object.hasOwn(schemas, name)) {
        const advice = methodOptions.includes(name)
          ? `it is an option of ${functionName}.valueAndGrad`
          : (advise?.(plain(name), names) ?? adviseName(name, names));
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

function plain(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}

/** Returns the option's name here, if it has another elsewhere; else the names of all options. */
function adviseName(name: string, names: readonly string[]): string {
  const ownName = Object.hasOwn(otherNames, name)
    ? otherNames[name]
    : names.find((other) => plain(other) === plain(name));
  return ownName !== undefined && names.includes(ownName)
    ? `it is called ${formatValue(ownName)} here`
    : `expected one of ${names.join(", ")}`;
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
