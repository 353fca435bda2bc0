import { adviceFor } from "./foreign.ts";

/** Longer texts are cut off in messages. */
const maxLength = 80;

/**
 * Describes a value in a few words, for an error message; an object of another library with advice.
 *
 * @param wantsOne whether the message expects a number, a string or a boolean, and no container.
 */
export function formatValue(value: unknown, wantsOne = false): string {
  if (typeof value === "string") return JSON.stringify(shorten(value));
  if (typeof value === "bigint") return shorten(`${value}n`);
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  const advice = isArray(value) ? undefined : adviceFor(value, wantsOne);
  const kind = formatKind(value);
  return advice === undefined ? kind : `${kind} (${advice})`;
}

/** Describes a value without advice on how to read it: an object by the name of its class. */
export function formatKind(value: unknown): string {
  if (typeof value !== "object" || value === null) return formatValue(value);
  try {
    const { length } = value as { length?: unknown };
    const name = className(value);
    return typeof length === "number" ? `${name}(${length})` : name;
  } catch {
    // A getter threw.
    return "an object";
  }
}

function shorten(text: string): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}

/** Formats a shape as messages have it: `[2, 3]`. */
export function formatShape(shape: ArrayLike<number>): string {
  return `[${Array.from(shape).join(", ")}]`;
}

/** Returns the name of an object's built-in type or, if it has none, of its class. */
function className(value: object): string {
  const name = Object.prototype.toString.call(value).slice(8, -1);
  const ownName: unknown = name === "Object" ? value.constructor?.name : name;
  // Bundlers rename classes whose name is taken: Array$1, _Tensor.
  const shown = typeof ownName === "string" ? ownName.replace(/^_|\$\d+$/g, "") : "";
  return shown !== "" ? shown : name;
}

function isArray(value: object): boolean {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && "subarray" in value);
}
