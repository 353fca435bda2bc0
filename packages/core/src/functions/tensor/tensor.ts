import { formatShape, formatValue } from "../../arguments/format.ts";
import { sizeOf } from "../../arrays/layout.ts";
import { checkAttached, isNumericArray, readFloats, readShape } from "../../arrays/readArray.ts";
import type { NestedNumbers, NumericArray, Tensor } from "../../types.ts";

/**
 * Gives numbers a shape.
 *
 * A typed array is wrapped, not copied: writing to it changes the tensor. Nested arrays (or one
 * number) become a `Float32Array`.
 *
 * @param values a typed array of any element type, nested arrays of numbers, or a number.
 * @param shape the size of each axis, row-major; by default one axis for a typed array, the
 * nesting for nested arrays.
 * @returns `{ data, shape }`.
 * @throws TypeError if values are not numbers.
 * @throws RangeError if nested arrays are ragged or the shape does not hold as many elements.
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
  const { data, own } = readValues(values);
  if (shape === undefined) return { data, shape: own };
  const given = readShape("tensor: shape", shape);
  if (sizeOf(given) !== data.length) {
    throw new RangeError(
      `tensor: shape ${formatShape(given)} needs ${sizeOf(given)} elements, values has ${data.length}.`,
    );
  }
  return { data, shape: given };
}

function readValues(values: unknown): { data: NumericArray; own: readonly number[] } {
  if (isNumericArray(values)) {
    checkAttached("tensor: values", values);
    return { data: values, own: [values.length] };
  }
  if (typeof values === "number" || Array.isArray(values)) {
    const view = readFloats("tensor: values", values);
    return { data: new Float32Array(view.data), own: view.shape };
  }
  throw new TypeError(
    `tensor: values must be a typed array, nested arrays of numbers or a number, got ${formatValue(values)}.`,
  );
}
