// Containers of results: new ones, and nested arrays that are given as `out`.
import { rangeError, typeError } from "../arguments/errors.ts";
import { formatKind, formatShape } from "../arguments/format.ts";
import type { KernelArray, NumericArray } from "../types.ts";
import type { OutputBuffer } from "./destination.ts";
import { sameShape, sizeOf } from "./layout.ts";
import { innermostArrays, readNested } from "./nested.ts";
import { arrayName, type ContainerKind, type ElementType } from "./readArray.ts";
import { isTypedArray } from "./typedArray.ts";

/** Opens `out`, nested arrays of numbers or of typed arrays. */
export function openNested(
  label: string,
  out: unknown,
  shape: readonly number[],
  kind: "nested" | "rows",
  elementType: ElementType,
  create: () => KernelArray,
): OutputBuffer {
  const rows = readRows(label, out, shape, kind, elementType);
  const data = create();
  return {
    data,
    finish() {
      rows.forEach((row, r) => {
        const start = r * row.length;
        if (isTypedArray(row)) (row as KernelArray).set(data.subarray(start, start + row.length));
        else for (let i = 0; i < row.length; i++) (row as number[])[i] = data[start + i];
      });
      return out;
    },
    target: rows,
  };
}

/** Returns the innermost arrays of a nested `out`, and checks that the result can be written to them. */
function readRows(
  label: string,
  out: unknown,
  shape: readonly number[],
  kind: "nested" | "rows",
  elementType: ElementType,
): readonly (number[] | NumericArray)[] {
  const rowType = kind === "rows" ? arrayName(elementType) : undefined;
  const requirement = `be nested arrays of ${rowType ?? "numbers"}${rowType === undefined ? "" : " rows"} of shape ${formatShape(shape)}`;
  if (!Array.isArray(out)) throw typeError(label, requirement, formatKind(out));
  const nested = readNested(label, out, []);
  if (!sameShape(nested.shape, shape)) {
    throw rangeError(label, requirement, formatShape(nested.shape));
  }
  const size = sizeOf(shape);
  if (size > 0 && nested.rowType !== rowType) {
    throw typeError(label, requirement, `${nested.rowType ?? "number"} rows`);
  }
  const rank = nested.rowType === undefined ? shape.length : shape.length - 1;
  const rows = innermostArrays(out, rank) as (number[] | NumericArray)[];
  if (size === 0) return [];
  if (kind === "nested") {
    for (const row of rows as number[][]) checkWritable(label, row);
    if (rows.length > 1 && new Set(rows).size !== rows.length) throw sharedRowError(label);
    return rows;
  }
  const arrays = rows.flat() as unknown as NumericArray[];
  checkDisjoint(label, arrays);
  return arrays;
}

function sharedRowError(label: string): RangeError {
  return rangeError(label, "have rows that do not overlap", "the same memory twice");
}

/** Throws if a row cannot be written to. Writing its own elements to it changes nothing. */
function checkWritable(label: string, row: number[]): void {
  try {
    for (let i = 0; i < row.length; i++) row[i] = Number(row[i]);
  } catch {
    throw new TypeError(`${label} must be writable, got an array that is frozen or read-only.`);
  }
}

/** Throws if typed arrays share memory. */
function checkDisjoint(label: string, arrays: readonly NumericArray[]): void {
  const ends = new Map<ArrayBufferLike, number>();
  const sorted = [...arrays].sort((a, b) => a.byteOffset - b.byteOffset);
  for (const { buffer, byteOffset, byteLength } of sorted) {
    if (byteOffset < (ends.get(buffer) ?? 0)) throw sharedRowError(label);
    ends.set(buffer, byteOffset + byteLength);
  }
}

/** Returns a new container of this kind for a result. */
export function newContainer(
  data: KernelArray,
  shape: readonly number[],
  kind: ContainerKind,
  elementType: ElementType,
): unknown {
  if (kind === "number") return data[0];
  if (kind === "nested") return toNested(shape, 0, 0, (start) => data[start]);
  const elements = elementType === "float16" ? new Float16Array(data) : data;
  if (kind === "rows") {
    const size = shape[shape.length - 1];
    return toNested(shape.slice(0, -1), 0, 0, (r) => elements.slice(r * size, (r + 1) * size));
  }
  return kind === "vector" ? elements : { data: elements, shape };
}

/** Returns nested arrays of this shape, whose items are `item(i)` for i from `first * size` on. */
function toNested(
  shape: readonly number[],
  axis: number,
  first: number,
  item: (i: number) => unknown,
): unknown[] {
  const array: unknown[] = [];
  const size = shape[axis];
  const isLast = axis === shape.length - 1;
  for (let i = 0; i < size; i++) {
    const index = first * size + i;
    array.push(isLast ? item(index) : toNested(shape, axis + 1, index, item));
  }
  return array;
}
