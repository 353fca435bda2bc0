import { formatValue } from "@surprisal/core/authoring";

/** The fields of tensors: `out` with a key of such a name would be taken for a tensor. */
const tensorFields = ["data", "shape", "dims", "strides", "offset"];

/** Throws unless a value is an array of different names. */
export function checkNames(label: string, names: unknown): asserts names is readonly string[] {
  if (!Array.isArray(names) || !names.every(isName)) {
    throw new TypeError(`${label} must be an array of names, got ${formatValue(names)}.`);
  }
  if (new Set(names).size !== names.length) {
    throw new TypeError(`${label} must be an array of different names.`);
  }
}

/** Returns whether a value can be the name of an argument, an option or a loss. */
export function isName(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "" && value !== "__proto__";
}

/** Throws unless a value is an array of different names that arguments can have. */
export function checkArgumentNames(
  label: string,
  names: unknown,
): asserts names is readonly string[] {
  checkNames(label, names);
  const field = names.find((name) => tensorFields.includes(name));
  if (field === undefined) return;
  throw new TypeError(`${label} holds ${formatValue(field)}, the name of a field of tensors.`);
}

/** Throws if an argument has the name of an option: errors, `grads` and `out` name both. */
export function checkDistinct(
  label: string,
  names: readonly string[],
  options: readonly string[],
): void {
  const both = names.find((name) => options.includes(name));
  if (both === undefined) return;
  throw new TypeError(
    `${label}: ${formatValue(both)} is the name of an argument and of an option. Give the argument another name.`,
  );
}

/** Throws unless all names are known. */
export function checkKnown(
  label: string,
  names: readonly string[],
  known: readonly string[],
): void {
  const unknownName = names.find((name) => !known.includes(name));
  if (unknownName === undefined) return;
  throw new TypeError(
    `${label} holds ${formatValue(unknownName)}, expected names from ${known.join(", ")}.`,
  );
}

/** Throws unless `differentiable` holds different names of arguments, that of the first among them. */
export function checkDifferentiable(
  label: string,
  differentiable: unknown,
  known: readonly string[],
): void {
  checkNames(`${label}: differentiable`, differentiable);
  checkKnown(`${label}: differentiable`, differentiable, known);
  if (!differentiable.includes(known[0])) {
    throw new TypeError(`${label}: differentiable must hold ${known[0]}, the first argument.`);
  }
}
