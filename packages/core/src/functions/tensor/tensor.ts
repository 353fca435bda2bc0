import { typeError } from "../../arguments/errors.ts";
import { formatShape, formatValue } from "../../arguments/format.ts";
import { readShape } from "../../arrays/fields.ts";
import { sizeOf } from "../../arrays/layout.ts";
import { readNested } from "../../arrays/nested.ts";
import { isTypedArray, toLocalArray } from "../../arrays/typedArray.ts";
import type {
  NestedNumbers,
  NestedRows,
  NewFloat32Array,
  NumericArray,
  Tensor,
} from "../../types.ts";

/**
 * Creates a tensor: numbers with a shape.
 *
 * A typed array is wrapped, not copied: writing to it changes the tensor. Nested arrays and single
 * numbers are copied into a new `Float32Array`; rows that are typed arrays into a new array of their
 * type.
 *
 * @param values a typed array of any element type, nested arrays of numbers or of typed arrays, or a
 * number.
 * @param shape the size of each axis. The default is one axis for a typed array, and the nesting
 * for nested arrays.
 * @returns a tensor `{ data, shape }` in row-major order.
 * @throws TypeError if values are not numbers, or shape is not an array of numbers.
 * @throws RangeError if nested arrays are ragged, or shape has another number of elements than values.
 *
 * @example
 * ```ts
 * import { tensor } from "@surprisal/core";
 *
 * const logits = tensor(new Float32Array(32 * 10), [32, 10]);
 * const small = tensor([[1, 2], [3, 4]]); // shape [2, 2]
 * ```
 *
 * Source: `torch.from_numpy` with `reshape`; `torch.tensor` for nested arrays.
 */
export function tensor<D extends NumericArray>(
  values: D | NestedRows<D>,
  shape?: readonly number[] | undefined,
): Tensor<D>;
export function tensor(
  values: NestedNumbers | number,
  shape?: readonly number[] | undefined,
): Tensor<NewFloat32Array>;
export function tensor(values: unknown, shape?: readonly number[]): Tensor<NumericArray> {
  const { data, shape: defaultShape } = readValues(values);
  if (shape === undefined) return { data, shape: defaultShape };
  const checkedShape = readShape("tensor: shape", shape);
  if (sizeOf(checkedShape) !== data.length) {
    throw new RangeError(
      `tensor: shape ${formatShape(checkedShape)} needs ${sizeOf(checkedShape)} elements, values has ${data.length}.`,
    );
  }
  return { data, shape: checkedShape };
}

function readValues(values: unknown): Tensor<NumericArray> {
  if (isTypedArray(values)) {
    // Wraps the array itself, also one of another realm.
    const { length } = toLocalArray("tensor: values", values);
    return { data: values, shape: [length] };
  }
  if (typeof values === "number") return { data: Float32Array.of(values), shape: [] };
  if (!Array.isArray(values)) {
    throw typeError(
      "tensor: values",
      "be a typed array, nested arrays of numbers or a number",
      formatValue(values),
    );
  }
  const { data, shape, rowType } = readNested("tensor: values", values, []);
  return { data: rowType === undefined ? new Float32Array(data as Float64Array) : data, shape };
}
