import { formatShape, formatValue } from "../../arguments/format.ts";
import { sizeOf } from "../../arrays/layout.ts";
import { checkAttached, isNumericArray, readFloats, readShape } from "../../arrays/readArray.ts";
import type { NestedNumbers, NumericArray, Tensor } from "../../types.ts";

/**
 * Creates a tensor: numbers with a shape.
 *
 * A typed array is wrapped, not copied: writing to it changes the tensor. Nested arrays and single
 * numbers are copied into a new `Float32Array`.
 *
 * @param values a typed array of any element type, nested arrays of numbers, or a number.
 * @param shape the size of each axis. The default is one axis for a typed array, and the nesting
 * for nested arrays.
 * @returns a tensor `{ data, shape }` in row-major order.
 * @throws TypeError if values are not numbers, or shape is no array.
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
export function tensor<D extends NumericArray>(values: D, shape?: readonly number[]): Tensor<D>;
export function tensor(
  values: NestedNumbers | number,
  shape?: readonly number[],
): Tensor<Float32Array>;
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
  if (isNumericArray(values)) {
    checkAttached("tensor: values", values);
    return { data: values, shape: [values.length] };
  }
  if (typeof values === "number" || Array.isArray(values)) {
    const { data, shape } = readFloats("tensor: values", values);
    return { data: new Float32Array(data), shape };
  }
  throw new TypeError(
    `tensor: values must be a typed array, nested arrays of numbers or a number, got ${formatValue(values)}.`,
  );
}
