import { containerFields, formatValue, isPlainObject } from "@surprisal/core/authoring";

/** The options of a call, before the loss checks them. */
export interface Options {
  readonly reduction?: unknown;
}

/** The options of a loss that an operation does not take, because TensorFlow.js computes the gradients. */
const otherOptions = ["out", "gradOutput", "differentiate"];

/** Returns the options of a call; throws if they are no object, or if one is not for operations. */
export function readOptions(functionName: string, options: unknown = {}): Options {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`${functionName}: options must be an object, got ${formatValue(options)}.`);
  }
  const other = otherOptions.find((name) => Object.hasOwn(options, name));
  if (other !== undefined) {
    throw new TypeError(
      `${functionName}: the option ${formatValue(other)} is not for operations, because TensorFlow.js computes the gradients.`,
    );
  }
  return options;
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
  const container = value as Readonly<Record<string, unknown>>;
  if (!isTypedArray(container.data)) return value;
  // Fields may be getters of a class, which a spread leaves out.
  const fields = containerFields.filter((name) => container[name] !== undefined);
  return Object.fromEntries(fields.map((name) => [name, copy(container[name])]));
}

function isTypedArray(value: unknown): value is Float32Array {
  return ArrayBuffer.isView(value) && "slice" in value;
}
