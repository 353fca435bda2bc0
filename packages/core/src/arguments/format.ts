import { adviceFor } from "./foreign.ts";

/** Describes a value in a few words, for an error message; an object of another library with advice. */
export function formatValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  try {
    const { length } = value as { length?: unknown };
    const name = typeof length === "number" ? `${className(value)}(${length})` : className(value);
    const advice = isArray(value) ? undefined : adviceFor(value);
    return advice === undefined ? name : `${name} (${advice})`;
  } catch {
    // A getter threw.
    return "an object";
  }
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
