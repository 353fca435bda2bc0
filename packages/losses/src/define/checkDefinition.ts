import { formatValue } from "@surprisal/core/authoring";

/** The largest number of arguments that the function of an element gets. */
const maxElementArguments = 4;

const commonKeys = ["kind", "name", "options", "formula", "neverThrows"];

const keysOfKind = {
  class: ["meanOver", "classIndexKernel", "softTargetKernel", "singleRow", "softcap"],
  element: ["arguments", "differentiable", "batchMean"],
  row: ["arguments", "differentiable"],
  batch: ["arguments", "arrayOptions", "differentiable"],
};

/** The parts of a definition, before they are checked. */
type Unchecked = Readonly<Record<string, unknown>>;

/** Throws if a definition lacks a part, has one that is not read, or has one of the wrong type. */
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
  for (const key of ["formula", "classIndexKernel", "softTargetKernel", "singleRow", "softcap"]) {
    if (key !== "formula" && parts[key] === undefined) continue;
    if (typeof parts[key] !== "function") {
      throw new TypeError(`${label}: ${key} must be a function, got ${formatValue(parts[key])}.`);
    }
  }
  checkSchemas(label, parts.options);
}

function checkSchemas(label: string, schemas: unknown): void {
  if (schemas === undefined) return;
  if (typeof schemas !== "object" || schemas === null) {
    throw new TypeError(`${label}: options must be an object, got ${formatValue(schemas)}.`);
  }
  for (const [name, schema] of Object.entries(schemas)) {
    if (typeof schema?.parse === "function") continue;
    throw new TypeError(
      `${label}: options.${name} must be a schema such as numeric(1), got ${formatValue(schema)}.`,
    );
  }
}

/** Throws if the arguments of an element loss, or the names of those that are differentiated, are wrong. */
export function checkElementArguments(
  { name, differentiable }: { readonly name: string; readonly differentiable?: unknown },
  names: unknown,
): void {
  const label = `defineLoss: ${name}`;
  const isList = Array.isArray(names) && names.every((argument) => typeof argument === "string");
  if (!isList || new Set(names).size !== names.length) {
    throw new TypeError(`${label}: arguments must be an array of different names.`);
  }
  if (names.length === 0 || names.length > maxElementArguments) {
    throw new RangeError(
      `${label}: arguments must be 1 to ${maxElementArguments} names, got ${names.length}.`,
    );
  }
  if (differentiable !== undefined) checkDifferentiable(label, differentiable, names);
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

/** Throws if an element loss's formula has not returned a loss and gradients of its arguments. */
export function checkElementFormula(
  functionName: string,
  formula: unknown,
  argumentNames: readonly string[],
): void {
  const label = `${functionName}: formula`;
  const { loss, gradients, block } = (formula ?? {}) as Unchecked;
  if (typeof block === "function") return;
  if (typeof loss !== "function" || typeof gradients !== "object" || gradients === null) {
    const received = formula === undefined ? ", but returned undefined" : "";
    throw new TypeError(`${label} must return { loss, gradients } or { block }${received}.`);
  }
  for (const [argument, gradient] of Object.entries(gradients)) {
    if (!argumentNames.includes(argument)) {
      throw new TypeError(
        `${label}: gradients.${argument} is of no argument, expected ${argumentNames.join(", ")}.`,
      );
    }
    if (typeof gradient !== "function") {
      throw new TypeError(
        `${label}: gradients.${argument} must be a function, got ${formatValue(gradient)}.`,
      );
    }
  }
  if (!Object.hasOwn(gradients, argumentNames[0])) {
    throw new TypeError(
      `${label} must return gradients.${argumentNames[0]}: the first argument is differentiated.`,
    );
  }
}

/** Throws if the arguments of a row loss, or the names of those that are differentiated, are wrong. */
export function checkRowArguments(name: string, contents: unknown, differentiable: unknown): void {
  const label = `defineLoss: ${name}`;
  if (typeof contents !== "object" || contents === null) {
    throw new TypeError(`${label}: arguments must be an object, got ${formatValue(contents)}.`);
  }
  const entries = Object.entries(contents);
  for (const [argument, content] of entries) {
    if (content === "vector" || content === "value") continue;
    throw new TypeError(
      `${label}: arguments.${argument} must be "vector" or "value", got ${formatValue(content)}.`,
    );
  }
  if (entries[0]?.[1] !== "vector") {
    throw new TypeError(`${label}: the first of arguments must be a "vector".`);
  }
  checkDifferentiable(
    label,
    differentiable,
    entries.map(([argument]) => argument),
  );
}
