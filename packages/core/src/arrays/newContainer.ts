import type { KernelArray } from "../types.ts";
import type { ContainerKind, ElementType } from "./readArray.ts";

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
