import { formatValue } from "@surprisal/core/authoring";

/** The parts of a batch loss's definition that name arguments. */
interface ArgumentNames {
  readonly name: string;
  readonly options?: object;
  readonly arguments: unknown;
  readonly arrayOptions?: unknown;
  readonly differentiable: unknown;
}

/** Throws if the arguments of a batch loss, or the names of those that are differentiated, are wrong. */
export function checkBatchArguments(definition: ArgumentNames): void {
  const { name, options = {}, arrayOptions = [], differentiable } = definition;
  const label = `defineLoss: ${name}`;
  const names = readNames(`${label}: arguments`, definition.arguments);
  if (names.length === 0) throw new RangeError(`${label}: arguments must have at least one name.`);
  const arrays = readNames(`${label}: arrayOptions`, arrayOptions);
  const noOption = arrays.find((array) => !Object.hasOwn(options, array));
  if (noOption !== undefined) {
    throw new TypeError(
      `${label}: arrayOptions holds ${formatValue(noOption)}, expected a name of options.`,
    );
  }
  const all = [...names, ...arrays];
  const unknownName = readNames(`${label}: differentiable`, differentiable).find(
    (argument) => !all.includes(argument),
  );
  if (unknownName !== undefined) {
    throw new TypeError(
      `${label}: differentiable holds ${formatValue(unknownName)}, expected names from ${all.join(", ")}.`,
    );
  }
  if (!(differentiable as string[]).includes(names[0])) {
    throw new TypeError(`${label}: differentiable must hold ${names[0]}, the first argument.`);
  }
}

function readNames(label: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.some((name) => typeof name !== "string")) {
    throw new TypeError(`${label} must be an array of names, got ${formatValue(value)}.`);
  }
  if (new Set(value).size !== value.length) {
    throw new TypeError(`${label} must be an array of different names.`);
  }
  return value;
}
