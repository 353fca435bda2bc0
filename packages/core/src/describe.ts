/** Names a value in an error message: what was got, in a few words. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) {
    const { length } = value as unknown as { length?: number };
    return length === undefined ? typeName(value) : `${typeName(value)}(${length})`;
  }
  if (typeof value === "object" && value !== null) return `an object (${typeName(value)})`;
  return String(value);
}

/** The shape as it is written in messages: `[2, 3]`. */
export function showShape(shape: ArrayLike<number>): string {
  return `[${Array.from(shape).join(", ")}]`;
}

/** The built-in name of an object's kind; `instanceof` asks for constructors that older runtimes lack. */
export function typeName(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
