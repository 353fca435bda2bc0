import { containerFields, formatValue, isPlainObject } from "@surprisal/core/authoring";

/** The options of a call, before the loss checks them. */
export interface Options {
  readonly reduction?: unknown;
}

/** The options of a loss that an operation does not take, because TensorFlow.js computes the gradients. */
const otherOptions = ["out", "gradOutput", "differentiate"];

/** Returns the options of a call; throws if they are no object, or if one is not for operations. */
export function readOptions(functionName: string, options: unknown = {}): Options {
  const isArray = Array.isArray(options) || ArrayBuffer.isView(options);
  if (typeof options !== "object" || options === null || isArray) {
    const example = isArray ? " such as { sampleWeight: … }" : "";
    throw new TypeError(
      `${functionName}: options must be an object${example}, got ${formatValue(options)}.`,
    );
  }
  const other = otherOptions.find((name) => Object.hasOwn(options, name));
  if (other !== undefined) {
    throw new TypeError(
      `${functionName}: the option ${formatValue(other)} is not for operations, because TensorFlow.js computes the gradients.`,
    );
  }
  return options;
}

/**
 * Returns a function of a loss whose errors name the operation that was called, and its options: an operation calls
 * `valueAndGrad`, which has others.
 */
export function withOwnNames<Args extends unknown[], T>(
  lossName: string,
  compute: (...args: Args) => T,
): (...args: Args) => T {
  return (...args) => {
    try {
      return compute(...args);
    } catch (error) {
      if (error instanceof Error) error.message = renamed(lossName, error.message);
      throw error;
    }
  };
}

function renamed(lossName: string, message: string): string {
  const method = `${lossName}.valueAndGrad: `;
  const named = message.startsWith(method)
    ? `${lossName}: ${message.slice(method.length)}`
    : message;
  if (!named.startsWith(`${lossName}: unknown option`)) return named;
  const list = /(?<=expected one of ).*(?=\.$)/;
  return named.replace(list, (names) =>
    names
      .split(", ")
      .filter((name) => !otherOptions.includes(name))
      .join(", "),
  );
}

/** Copies options and the arrays in them: the caller may change both before the gradients are computed. */
export function copyOptions(options: Options): Options {
  // The loss refuses all other objects.
  if (!isPlainObject(options)) return options;
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, copy(value)]));
}

/** Copies arrays and containers. Everything else is returned as it is. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== "object" || value === null) return value;
  if (isTypedArray(value)) return value.slice();
  const fields = readFields(value);
  const { data } = fields;
  // A mask can be an array of booleans.
  return isTypedArray(data) || Array.isArray(data) ? copyFields(fields) : value;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads each field of a container once. Fields may be getters of a class, which a spread leaves out. */
function readFields(container: object): Fields {
  try {
    return Object.fromEntries(containerFields.map((name) => [name, (container as Fields)[name]]));
  } catch {
    // A getter threw. The loss says which.
    return {};
  }
}

function copyFields(fields: Fields): object {
  const defined = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined.map(([name, value]) => [name, copy(value)]));
}

function isTypedArray(value: unknown): value is Float32Array {
  return ArrayBuffer.isView(value) && "slice" in value;
}
