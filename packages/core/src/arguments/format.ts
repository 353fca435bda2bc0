/** Describes a value in a few words, for an error message. */
export function formatValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  const { length } = value as { length?: unknown };
  return typeof length === "number" ? `${typeName(value)}(${length})` : typeName(value);
}

/** Formats a shape as messages show it: `[2, 3]`. */
export function formatShape(shape: ArrayLike<number>): string {
  return `[${Array.from(shape).join(", ")}]`;
}

/** Returns the name of an object's built-in type, also where the runtime lacks the constructor for `instanceof`. */
export function typeName(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
