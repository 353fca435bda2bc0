/** The number of elements of an axis that are shown. */
const longest = 40;
const deepest = 6;
const widest = 88;

/**
 * Formats a value as text. A number has all its digits; the elements of an array have six, and are
 * aligned.
 */
export function inspect(value: unknown): string {
  return typeof value === "number" ? allDigits(value) : show(value, []);
}

/** Formats the arguments of `console.log`: strings as they are, other values inspected. */
export function inspectAll(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === "string" ? value : inspect(value))).join(" ");
}

function show(value: unknown, above: readonly unknown[]): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return digits(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return value.name ? `ƒ ${value.name}` : "ƒ";
  if (typeof value !== "object" || value === null) return String(value);
  if (above.includes(value)) return "(circular)";
  if (above.length >= deepest) return Array.isArray(value) ? "[…]" : "{…}";
  return showObject(value, [...above, value]);
}

function showObject(value: object, above: readonly unknown[]): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Promise) return "Promise (await it to see its value)";
  if (Array.isArray(value)) return showArray(value, above);
  if (isTypedArray(value)) return `${value.constructor.name} ${showArray(value, above)}`;
  if (isTensor(value)) return showTensor(value, above);
  if (value instanceof Map) return `Map ${showEntries([...value], above)}`;
  if (value instanceof Set) return `Set ${showArray([...value], above)}`;
  return showEntries(Object.entries(value), above);
}

type TypedArray = ArrayLike<unknown> & object;

const isTypedArray = (value: object): value is TypedArray =>
  ArrayBuffer.isView(value) && !(value instanceof DataView);

interface Tensor {
  readonly data: TypedArray;
  readonly shape: readonly number[];
}

/** Returns whether a value is a tensor of the packages: row-major data and its shape, nothing else. */
function isTensor(value: object): value is Tensor {
  const { data, shape } = value as Partial<Tensor>;
  return (
    Object.keys(value).every((key) => key === "data" || key === "shape") &&
    typeof data === "object" &&
    isTypedArray(data) &&
    Array.isArray(shape) &&
    shape.reduce((size, length) => size * length, 1) === data.length
  );
}

function showTensor({ data, shape }: Tensor, above: readonly unknown[]): string {
  const label = `Tensor ${data.constructor.name} [${shape.join(", ")}]`;
  return `${label}\n${show(nested(data, shape, 0), above)}`;
}

/** Returns the elements that will be shown, as nested arrays. */
function nested(data: TypedArray, shape: readonly number[], start: number): unknown {
  if (shape.length === 0) return data[start];
  const [length, ...inner] = shape;
  const step = inner.reduce((size, n) => size * n, 1);
  return Array.from({ length }, (_, i) =>
    i < longest ? nested(data, inner, start + i * step) : undefined,
  );
}

function showArray(values: ArrayLike<unknown>, above: readonly unknown[]): string {
  const some = Array.from({ length: Math.min(values.length, longest) }, (_, i) => values[i]);
  const rows = some.every(isRow) ? aligned(some) : some.map((value) => show(value, above));
  const left = values.length - some.length;
  if (left > 0) rows.push(`… ${left} more`);
  return enclosed(rows, "[", "]", some.some(Array.isArray) && rows.length > 1);
}

const isRow = (value: unknown): value is number[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.length <= longest &&
  value.every((element) => typeof element === "number");

/** Pads rows of numbers so that each column has the width of its longest number. */
function aligned(rows: readonly number[][]): string[] {
  const texts = rows.map((row) => row.map(digits));
  const widths: number[] = [];
  for (const row of texts) {
    row.forEach((text, j) => {
      widths[j] = Math.max(widths[j] ?? 0, text.length);
    });
  }
  return texts.map((row) =>
    enclosed(
      row.map((text, j) => text.padStart(widths[j])),
      "[",
      "]",
    ),
  );
}

function showEntries(entries: readonly [unknown, unknown][], above: readonly unknown[]): string {
  const parts = entries.slice(0, longest).map(([key, value]) => {
    return `${typeof key === "string" ? key : show(key, above)}: ${show(value, above)}`;
  });
  const left = entries.length - parts.length;
  if (left > 0) parts.push(`… ${left} more`);
  return parts.length === 0 ? "{}" : enclosed(parts, "{ ", " }");
}

/** Puts parts between brackets, on one line if they fit, else on one line each. */
function enclosed(parts: readonly string[], open: string, close: string, broken = false): string {
  const line = open + parts.join(", ") + close;
  if (!broken && line.length <= widest && !line.includes("\n")) return line;
  const body = parts.some((part) => /[\n[{]/.test(part)) ? parts.join(",\n") : wrapped(parts);
  return `${open.trim()}\n${body.replace(/^/gm, "  ")}\n${close.trim()}`;
}

/** Wraps parts into lines. */
function wrapped(parts: readonly string[]): string {
  const lines = [""];
  for (const part of parts) {
    const last = lines.length - 1;
    if (lines[last] === "") lines[last] = part;
    else if (lines[last].length + part.length + 2 <= widest) lines[last] += `, ${part}`;
    else {
      lines[last] += ",";
      lines.push(part);
    }
  }
  return lines.join("\n");
}

/** Formats a number with six significant digits, an integer with all of them. */
function digits(value: number): string {
  return allDigits(Number.isSafeInteger(value) ? value : Number(value.toPrecision(6)));
}

const allDigits = (value: number) => (Object.is(value, -0) ? "-0" : String(value));
