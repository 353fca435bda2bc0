import { formatShape, rowMajorStrides } from "@surprisal/core/authoring";

/** An argument's name and shape. */
export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Returns the shape that two arguments are repeated to: along each axis, counted from the last, sizes are equal or 1. */
export function broadcastShape(
  functionName: string,
  first: NamedShape,
  second: NamedShape,
): readonly number[] {
  const [a, b] = [first.shape, second.shape];
  const rank = Math.max(a.length, b.length);
  const shape = Array.from({ length: rank }, (_, axis) => {
    const m = a[axis - (rank - a.length)] ?? 1;
    const n = b[axis - (rank - b.length)] ?? 1;
    if (m === n || m === 1 || n === 1) return m === 1 ? n : m;
    throw new RangeError(
      `${functionName}: ${second.name} must have shape ${formatShape(a)} or be broadcastable with it, got ${formatShape(b)}.`,
    );
  });
  return shape;
}

/** Returns the strides of a row-major array that is repeated to `shape`: 0 along axes that repeat it. */
export function broadcastStrides(own: readonly number[], shape: readonly number[]): number[] {
  return repeatedStrides({ shape: own, strides: rowMajorStrides(own) }, shape);
}

/** Returns the strides of an array that is repeated to `shape`: 0 along axes that repeat it. */
export function repeatedStrides(
  { shape: own, strides }: { shape: readonly number[]; strides: readonly number[] },
  shape: readonly number[],
): number[] {
  const newAxes = shape.length - own.length;
  return shape.map((_, axis) => (own[axis - newAxes] > 1 ? strides[axis - newAxes] : 0));
}

/** Returns whether an array can be repeated to `shape`: each of its axes, counted from the last, fits or has size 1. */
export function isBroadcastable(own: readonly number[], shape: readonly number[]): boolean {
  const newAxes = shape.length - own.length;
  return newAxes >= 0 && own.every((size, i) => size === 1 || size === shape[newAxes + i]);
}

/** An axis of a shape, and the distances of its elements in some arrays. */
export interface Axis {
  readonly size: number;
  readonly strides: readonly number[];
}

/** Merges neighbouring axes whose elements are at equal distances in every array. */
export function mergeAxes(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
): readonly Axis[] {
  const axes: Axis[] = [];
  for (const [axis, size] of shape.entries()) {
    if (size === 1) continue;
    const own = strides.map((array) => array[axis]);
    const last = axes.at(-1);
    if (last?.strides.every((stride, i) => stride === own[i] * size)) {
      axes[axes.length - 1] = { size: last.size * size, strides: own };
    } else {
      axes.push({ size, strides: own });
    }
  }
  return axes;
}

/** Returns WGSL statements that set `names` to the places of element `index`; parameters hold the axes. */
export function placesOf(
  index: string,
  axes: number,
  prefix: string,
  names: readonly string[],
): string {
  const steps = Array.from({ length: axes }, (_, i) => axes - 1 - i).map((axis) => {
    const adds = names.map(
      (name, array) =>
        `${name} += (${prefix}Rest % size) * parameters.${prefix}Stride${axis}_${array};`,
    );
    return `{ let size = parameters.${prefix}Size${axis}; ${adds.join(" ")} ${prefix}Rest /= size; }`;
  });
  return `var ${prefix}Rest = ${index};
    ${names.map((name) => `var ${name} = 0u;`).join(" ")}
    ${steps.join("\n    ")}`;
}

/** Returns the types and values of the parameters that `placesOf` reads. */
export function axisParameters(
  prefix: string,
  axes: readonly Axis[],
): { types: Record<string, "u32">; values: Record<string, number> } {
  const values: Record<string, number> = {};
  for (const [axis, { size, strides }] of axes.entries()) {
    values[`${prefix}Size${axis}`] = size;
    for (const [array, stride] of strides.entries())
      values[`${prefix}Stride${axis}_${array}`] = stride;
  }
  return {
    types: Object.fromEntries(Object.keys(values).map((name) => [name, "u32"])),
    values,
  };
}
