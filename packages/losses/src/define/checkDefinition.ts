import { formatValue } from "@surprisal/core/authoring";
import { defaultArguments } from "./elementArguments.ts";

/** The largest number of arguments that the function of an element gets. */
const maxElementArguments = 4;

/** The options that every loss has. */
const reservedOptions = ["reduction", "sampleWeight", "out", "gradOutput", "differentiate"];

const commonKeys = ["kind", "name", "options", "formula", "neverThrows"];

const keysOfKind = {
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
export function checkDefinition(definition: object, ...kinds: (keyof typeof keysOfKind)[]): void {
  if (typeof definition !== "object" || definition === null) {
    throw new TypeError(
      `defineLoss: definition must be an object, got ${formatValue(definition)}.`,
    );
  }
  const parts = definition as Unchecked;
  if (typeof parts.name !== "string" || parts.name === "") {
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
  checkSwitch(label, parts, "neverThrows");
  checkSwitch(label, parts, "batchMean");
  checkSwitch(label, parts, "takesNumbers");
  if (![undefined, "weights", "rows"].includes(parts.meanOver as string | undefined)) {
    throw new RangeError(
      `${label}: meanOver must be "weights" or "rows", got ${formatValue(parts.meanOver)}.`,
    );
  }
  checkSchemas(label, parts.options);
}

function checkSwitch(label: string, parts: Unchecked, key: string): void {
  if (parts[key] === undefined || typeof parts[key] === "boolean") return;
  throw new TypeError(`${label}: ${key} must be true or false, got ${formatValue(parts[key])}.`);
}

function checkSchemas(label: string, schemas: unknown): void {
  if (schemas === undefined) return;
  if (typeof schemas !== "object" || schemas === null) {
    throw new TypeError(`${label}: options must be an object, got ${formatValue(schemas)}.`);
  }
  for (const [name, schema] of Object.entries(schemas)) {
    if (reservedOptions.includes(name)) {
      throw new TypeError(`${label}: options.${name} is an option that every loss already has.`);
    }
    if (typeof schema?.parse === "function") continue;
    throw new TypeError(
      `${label}: options.${name} must be a schema, such as numeric(1), got ${formatValue(schema)}.`,
    );
  }
}

/** Throws if the arguments of an element loss, or the parts that name arguments or options, are wrong. */
export function checkElementDefinition(definition: {
  readonly name: string;
  readonly options?: unknown;
  readonly arguments?: unknown;
  readonly differentiable?: unknown;
  readonly elementOptions?: unknown;
  readonly check?: unknown;
}): void {
  const label = `defineLoss: ${definition.name}`;
  const { options, differentiable, elementOptions, check } = definition;
  const { arguments: names = defaultArguments } = definition;
  checkNames(`${label}: arguments`, names);
  if (names.length === 0 || names.length > maxElementArguments) {
    throw new RangeError(
      `${label}: arguments must be 1 to ${maxElementArguments} names, got ${names.length}.`,
    );
  }
  if (differentiable !== undefined) checkDifferentiable(label, differentiable, names);
  if (elementOptions !== undefined)
    checkArrayOptions(label, "elementOptions", elementOptions, options);
  if (check !== undefined) checkValueChecks(label, check, names);
}

function checkNames(label: string, names: unknown): asserts names is readonly string[] {
  const isList = Array.isArray(names) && names.every((name) => typeof name === "string");
  if (!isList || new Set(names).size !== names.length) {
    throw new TypeError(`${label} must be an array of different names.`);
  }
  checkContainerNames(label, names);
}

/** Throws if an argument is called like a field of a tensor: `out` by names would be taken for one. */
function checkContainerNames(label: string, names: readonly string[]): void {
  const field = names.find((name) => ["data", "shape", "dims"].includes(name));
  if (field === undefined) return;
  throw new TypeError(`${label} holds ${formatValue(field)}, the name of a field of tensors.`);
}

/** Throws unless these are names of options that are not declared elsewhere. */
function checkArrayOptions(label: string, key: string, names: unknown, options: unknown): void {
  checkNames(`${label}: ${key}`, names);
  const taken = names.find(
    (name) => reservedOptions.includes(name) || Object.hasOwn(options ?? {}, name),
  );
  if (taken !== undefined) {
    throw new TypeError(
      `${label}: ${key} holds ${formatValue(taken)}, which is already an option.`,
    );
  }
}

function checkValueChecks(label: string, check: unknown, names: readonly string[]): void {
  if (typeof check !== "object" || check === null) {
    throw new TypeError(`${label}: check must be an object, got ${formatValue(check)}.`);
  }
  for (const [name, entry] of Object.entries(check)) {
    if (!names.includes(name)) {
      throw new TypeError(
        `${label}: check.${name} belongs to no argument, expected ${names.join(", ")}.`,
      );
    }
    if (typeof entry?.valid === "function" && typeof entry.expected === "string") continue;
    throw new TypeError(
      `${label}: check.${name} must be { valid, expected } with a function and a text, got ${formatValue(entry)}.`,
    );
  }
}

/** Throws unless `differentiable` names arguments, the first among them. */
function checkDifferentiable(
  label: string,
  differentiable: unknown,
  names: readonly string[],
): void {
  if (!Array.isArray(differentiable)) {
    throw new TypeError(
      `${label}: differentiable must be an array of names, got ${formatValue(differentiable)}.`,
    );
  }
  const unknownName = differentiable.find((argument) => !names.includes(argument));
  if (unknownName !== undefined) {
    throw new TypeError(
      `${label}: differentiable holds ${formatValue(unknownName)}, expected names from ${names.join(", ")}.`,
    );
  }
  if (!differentiable.includes(names[0])) {
    throw new TypeError(`${label}: differentiable must hold ${names[0]}, the first argument.`);
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
  if (typeof contents !== "object" || contents === null) {
    throw new TypeError(`${label}: arguments must be an object, got ${formatValue(contents)}.`);
  }
  checkContainerNames(`${label}: arguments`, Object.keys(contents));
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
  checkDifferentiable(
    label,
    definition.differentiable,
    entries.map(([argument]) => argument),
  );
  if (vectorOptions !== undefined) {
    checkArrayOptions(label, "vectorOptions", vectorOptions, { ...(options ?? {}), axis: true });
  }
}
