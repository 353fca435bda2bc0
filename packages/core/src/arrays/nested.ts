import { rangeError, typeError } from "../arguments/errors.ts";
import { formatValue } from "../arguments/format.ts";
import type { NumericArray } from "../types.ts";
import { checkSize, maxRank } from "./layout.ts";
import { checkAttached, constructorOf, newArray, typedArrayName } from "./typedArray.ts";

/** The numbers of nested arrays, in row-major order. */
export interface NestedView {
  /** Float64; if the rows are typed arrays, of their type. */
  readonly data: NumericArray;
  readonly shape: readonly number[];
  /** The name of the rows' type, if they are typed arrays. */
  readonly rowType: string | undefined;
}

/** The types of elements that are accepted beside numbers. */
export type OtherElements = readonly ("bigint" | "boolean")[];

/**
 * Reads nested arrays of numbers, whose rows may be typed arrays. The first element of each level
 * gives the shape and the type; all others must agree.
 */
export function readNested(
  label: string,
  nested: readonly unknown[],
  others: OtherElements,
): NestedView {
  const shape: number[] = [];
  let first: unknown = nested;
  for (; Array.isArray(first); first = first[0]) {
    if (shape.length === maxRank) {
      throw rangeError(
        label,
        `be nested at most ${maxRank} deep`,
        "a deeper array or one that contains itself",
      );
    }
    shape.push(first.length);
  }
  const rowType = typedArrayName(first);
  if (rowType !== undefined) shape.push((first as NumericArray).length);
  const size = checkSize(label, shape);
  const lastAxis = shape.length - 1;
  const rowAxis = rowType === undefined ? Number.NaN : lastAxis;
  const data =
    rowType === undefined
      ? newArray(label, Float64Array, size)
      : newArray(label, constructorOf(rowType), size);
  const indices: number[] = [];
  let count = 0;

  const path = (axis: number) =>
    `${label}${indices
      .slice(0, axis)
      .map((i) => `[${i}]`)
      .join("")}`;
  const checkLength = (length: number, axis: number) => {
    if (length === shape[axis]) return;
    throw new RangeError(
      `${path(axis)} has ${length} elements, expected ${shape[axis]}: nested arrays must be rectangular.`,
    );
  };
  const readRow = (row: unknown) => {
    if (typedArrayName(row) !== rowType) {
      throw typeError(path(rowAxis), `be a ${rowType} like the first row`, formatValue(row));
    }
    const { length } = row as NumericArray;
    checkAttached(path(rowAxis), row as NumericArray);
    checkLength(length, rowAxis);
    (data as Float64Array).set(row as Float64Array, count);
    count += length;
  };
  const readLevel = (array: readonly unknown[], axis: number) => {
    checkLength(array.length, axis);
    for (let i = 0; i < shape[axis]; i++) {
      const item = array[i];
      if (axis === lastAxis) {
        if (typeof item === "number" || (others as readonly string[]).includes(typeof item)) {
          data[count++] = Number(item);
          continue;
        }
        indices[axis] = i;
        const orBoolean = others.includes("boolean") ? " or a boolean" : "";
        throw typeError(path(axis + 1), `be a number${orBoolean}`, formatValue(item));
      }
      indices[axis] = i;
      if (axis + 1 === rowAxis) readRow(item);
      else if (Array.isArray(item)) readLevel(item, axis + 1);
      else throw typeError(path(axis + 1), "be an array", formatValue(item));
    }
  };
  readLevel(nested, 0);
  return { data, shape, rowType };
}

/** Returns the innermost arrays of nested arrays, in order. */
export function innermostArrays(nested: readonly unknown[], rank: number): readonly unknown[] {
  let arrays: readonly unknown[] = [nested];
  for (let axis = 1; axis < rank; axis++) arrays = arrays.flat();
  return arrays;
}
