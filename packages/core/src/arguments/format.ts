/** Names a value in an error message: what was got, in a few words. */
export function formatValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  const { length } = value as { length?: unknown };
  return typeof length === "number" ? `${typeName(value)}(${length})` : typeName(value);
}

/** The shape as it is written in messages: `[2, 3]`. */
export function formatShape(shape: ArrayLike<number>): string {
  return `[${Array.from(shape).join(", ")}]`;
}

/** The built-in name of an object's kind; `instanceof` asks for constructors that older runtimes lack. */
export function typeName(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
