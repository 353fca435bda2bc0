import { formatValue, type OptionSchema } from "@surprisal/core/authoring";
import {
  checkArgumentNames,
  checkDifferentiable,
  checkDistinct,
  checkKnown,
  checkNames,
  isName,
} from "./checkNames.ts";
import { classSchemas } from "./classSchemas.ts";
import { defaultArguments, type ValueCheck } from "./elementArguments.ts";
import { gradientSchemas, lossSchemas, rowSchemas } from "./optionSchemas.ts";

/** The largest number of arguments that the function of an element gets. */
const maxElementArguments = 4;

/** The options that every loss of a kind has. */
const ownOptions = {
  class: Object.keys({ ...classSchemas, ...gradientSchemas }),
  element: Object.keys({ ...lossSchemas, ...gradientSchemas }),
  row: Object.keys({ ...rowSchemas, ...gradientSchemas }),
  batch: Object.keys({ ...lossSchemas, ...gradientSchemas }),
};

type Kind = keyof typeof ownOptions;

const commonKeys = ["kind", "name", "options", "formula", "neverThrows"];

const keysOfKind: Readonly<Record<Kind, readonly string[]>> = {
  class: [
    "meanOver",
    "takesNumbers",
    "classIndexKernel",
    "softTargetKernel",
    "classLosses",
    "singleRow",
    "singleRowGradient",
    "softcap",
    "softcapKernel",
    "hasPenalty",
  ],
  element: [
    "arguments",
    "differentiable",
    "elementOptions",
    "meanWeight",
    "perVector",
    "check",
    "batchMean",
  ],
  row: ["arguments", "differentiable", "vectorOptions"],
  batch: ["arguments", "arrayOptions", "differentiable"],
};

/** The parts of a definition, before they are checked. */
type Unchecked = Readonly<Record<string, unknown>>;

/** Throws if a part of a definition is missing, unknown or of the wrong type. */
export function checkDefinition(definition: object, ...kinds: Kind[]): void {
  if (typeof definition !== "object" || definition === null) {
    throw new TypeError(
      `defineLoss: definition must be an object, got ${formatValue(definition)}.`,
    );
  }
  const parts = definition as Unchecked;
  if (!isName(parts.name)) {
    throw new TypeError(
      `defineLoss: name must be a string of at least one letter, got ${formatValue(parts.name)}.`,
    );
  }
  const label = `defineLoss: ${parts.name}`;
  const kind = kinds.find((known) => known === parts.kind);
  if (kind === undefined) {
    const expected = kinds.map((known) => `"${known}"`).join(" or ");
    throw new TypeError(`${label}: kind must be ${expected}, got ${formatValue(parts.kind)}.`);
  }
  const keys = [...commonKeys, ...keysOfKind[kind]];
  const unknownKey = Object.keys(parts).find((key) => !keys.includes(key));
  if (unknownKey !== undefined) {
    throw new TypeError(
      `${label}: unknown key ${formatValue(unknownKey)}, expected one of ${keys.join(", ")}.`,
    );
  }
  for (const key of [
    "formula",
    "classIndexKernel",
    "softTargetKernel",
    "classLosses",
    "singleRow",
    "singleRowGradient",
    "softcap",
    "softcapKernel",
    "hasPenalty",
  ]) {
    if (key !== "formula" && parts[key] === undefined) continue;
    if (typeof parts[key] !== "function") {
      throw new TypeError(`${label}: ${key} must be a function, got ${formatValue(parts[key])}.`);
    }
  }
  for (const key of ["classIndexKernel", "softTargetKernel", "softcapKernel"]) {
    const { length = 0 } = (parts[key] ?? {}) as { readonly length?: number };
    // A kernel takes several arguments. The function that returns one takes only the options.
    if (length <= 1) continue;
    throw new TypeError(
      `${label}: ${key} must be a function of the options that returns a kernel, got the kernel. Write ${key}: () => kernel.`,
    );
  }
  checkSwitch(label, parts, "neverThrows");
  checkSwitch(label, parts, "batchMean");
  checkSwitch(label, parts, "takesNumbers");
  if (![undefined, "weights", "rows"].includes(parts.meanOver as string | undefined)) {
    throw new RangeError(
      `${label}: meanOver must be "weights" or "rows", got ${formatValue(parts.meanOver)}.`,
    );
  }
  checkSchemas(label, parts.options, ownOptions[kind]);
}

function checkSwitch(label: string, parts: Unchecked, key: string): void {
  if (parts[key] === undefined || typeof parts[key] === "boolean") return;
  throw new TypeError(`${label}: ${key} must be true or false, got ${formatValue(parts[key])}.`);
}

/** Throws unless `options` is an object of schemas, whose names are not those of options that the loss has anyway. */
function checkSchemas(label: string, schemas: unknown, reserved: readonly string[]): void {
  if (schemas === undefined) return;
  if (!isPlainObject(schemas)) {
    throw new TypeError(`${label}: options must be an object, got ${formatValue(schemas)}.`);
  }
  const entries = Object.entries(schemas);
  checkNames(
    `${label}: the names of options`,
    entries.map(([name]) => name),
  );
  for (const [name, schema] of entries) {
    if (reserved.includes(name)) {
      throw new TypeError(
        `${label}: options.${name} is an option that every loss of this kind already has.`,
      );
    }
    if (!isSchema(schema)) {
      throw new TypeError(
        `${label}: options.${name} must be a schema, such as numeric(1), got ${formatValue(schema)}.`,
      );
    }
    // The schemas of options that may be left out have no value for them.
    if (schema.fallback !== undefined) schema.parse(schema.fallback, `${label}: options.${name}`);
  }
}

function isSchema(value: unknown): value is OptionSchema<unknown> {
  const schema = (value ?? {}) as Partial<OptionSchema<unknown>>;
  return typeof schema.parse === "function" && Object.hasOwn(schema, "fallback");
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  return [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

/** Throws if the arguments of an element loss, or the parts that name arguments or options, are wrong. */
export function checkElementDefinition(definition: {
  readonly name: string;
  readonly options?: unknown;
  readonly arguments?: unknown;
  readonly differentiable?: unknown;
  readonly elementOptions?: unknown;
  readonly meanWeight?: unknown;
  readonly perVector?: unknown;
  readonly check?: unknown;
}): void {
  const label = `defineLoss: ${definition.name}`;
  const { options, differentiable, elementOptions, meanWeight, perVector, check } = definition;
  const { arguments: names = defaultArguments } = definition;
  checkArgumentNames(`${label}: arguments`, names);
  if (names.length === 0 || names.length > maxElementArguments) {
    throw new RangeError(
      `${label}: arguments must be 1 to ${maxElementArguments} names, got ${names.length}.`,
    );
  }
  if (differentiable !== undefined) checkDifferentiable(label, differentiable, names);
  if (elementOptions !== undefined) {
    checkArrayOptions(label, "elementOptions", elementOptions, ownOptions.element, options);
  }
  checkDistinct(label, names, optionNames("element", options, elementOptions));
  if (meanWeight !== undefined) checkMeanWeight(label, meanWeight, elementOptions, options);
  if (perVector !== undefined) {
    checkNames(`${label}: perVector`, perVector);
    checkKnown(`${label}: perVector`, perVector, names.slice(1));
  }
  if (check !== undefined) checkValueChecks(label, check, names);
}

/** Returns the names of all options of a loss. `arrays` has been checked. */
function optionNames(kind: Kind, options: unknown, arrays: unknown = []): string[] {
  return [...ownOptions[kind], ...Object.keys(options ?? {}), ...(arrays as string[])];
}

/** Throws unless these are names of options that are not declared elsewhere. */
function checkArrayOptions(
  label: string,
  key: string,
  names: unknown,
  reserved: readonly string[],
  options: unknown,
): void {
  checkNames(`${label}: ${key}`, names);
  const taken = names.find((name) => reserved.includes(name) || Object.hasOwn(options ?? {}, name));
  if (taken !== undefined) {
    throw new TypeError(
      `${label}: ${key} holds ${formatValue(taken)}, which is already an option.`,
    );
  }
}

/** Throws unless the weights of the mean are an option that is not declared elsewhere. */
function checkMeanWeight(
  label: string,
  meanWeight: unknown,
  elementOptions: unknown,
  options: unknown,
): void {
  if (meanWeight !== "weight") {
    throw new TypeError(`${label}: meanWeight must be "weight", got ${formatValue(meanWeight)}.`);
  }
  const isTaken = Array.isArray(elementOptions) && elementOptions.includes(meanWeight);
  if (!isTaken && !Object.hasOwn(options ?? {}, meanWeight)) return;
  throw new TypeError(`${label}: meanWeight holds "weight", which is already an option.`);
}

function checkValueChecks(label: string, check: unknown, names: readonly string[]): void {
  if (!isPlainObject(check)) {
    throw new TypeError(`${label}: check must be an object, got ${formatValue(check)}.`);
  }
  for (const [name, entry] of Object.entries(check as Record<string, Unchecked | undefined>)) {
    if (!names.includes(name)) {
      throw new TypeError(
        `${label}: check.${name} belongs to no argument, expected ${names.join(", ")}.`,
      );
    }
    const { valid, expected, range } = entry ?? {};
    if (typeof valid !== "function" || typeof expected !== "string") {
      throw new TypeError(
        `${label}: check.${name} must be { valid, expected } with a function and a text, got ${formatValue(entry)}.`,
      );
    }
    if (range === undefined) continue;
    checkValidRange(`${label}: check.${name}`, range, valid as ValueCheck["valid"]);
  }
}

function checkValidRange(label: string, range: unknown, valid: ValueCheck["valid"]): void {
  const [least, most] = Array.isArray(range) && range.length === 2 ? range : [];
  if (typeof least !== "number" || typeof most !== "number" || !(least <= most)) {
    throw new TypeError(
      `${label}.range must be [least, most], two numbers in this order, got ${formatValue(range)}.`,
    );
  }
  for (const end of [least, most]) {
    if (valid(end)) continue;
    throw new RangeError(`${label}.range holds ${end}, which is not valid.`);
  }
}

/** Throws if the arguments of a row loss, or the parts that name arguments or options, are wrong. */
export function checkRowDefinition(definition: {
  readonly name: string;
  readonly options?: unknown;
  readonly arguments?: unknown;
  readonly differentiable?: unknown;
  readonly vectorOptions?: unknown;
}): void {
  const label = `defineLoss: ${definition.name}`;
  const { arguments: contents, options, vectorOptions } = definition;
  if (!isPlainObject(contents)) {
    const names = Array.isArray(contents) && contents.every(isName) ? contents : defaultArguments;
    const object = names.map((name) => `${name}: "vector"`).join(", ");
    throw new TypeError(
      `${label}: arguments must be an object such as { ${object} }, got ${formatValue(contents)}.`,
    );
  }
  const names = Object.keys(contents);
  checkArgumentNames(`${label}: arguments`, names);
  const entries = Object.entries(contents);
  for (const [argument, content] of entries) {
    if (content === "vector" || content === "value") continue;
    throw new TypeError(
      `${label}: arguments.${argument} must be "vector" or "value", got ${formatValue(content)}.`,
    );
  }
  if (entries[0]?.[1] !== "vector") {
    throw new TypeError(`${label}: the first argument must be a "vector".`);
  }
  checkDifferentiable(label, definition.differentiable, names);
  if (vectorOptions !== undefined) {
    checkArrayOptions(label, "vectorOptions", vectorOptions, ownOptions.row, options);
  }
  checkDistinct(label, names, optionNames("row", options, vectorOptions));
}
