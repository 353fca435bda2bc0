// The arguments of a call, cut into the losses that they belong to.
import { type Random, random } from "@surprisal/testing";
import type { Call } from "./calls.ts";
import { type AnyLoss, asNumbers, type Numbers } from "./tensors.ts";

/** An argument or option: for each loss, `size` numbers one after another. */
interface Rows {
  readonly values: Numbers["data"];
  readonly size: number;
  readonly isVector: boolean;
}

/** A call whose losses can be computed in another order, alone, or often. */
export interface RowCall {
  /** The number of losses. */
  readonly count: number;
  /** The number of elements that each argument has for a loss. */
  readonly sizes: readonly number[];
  /** Whether an option has been drawn. */
  readonly hasDrawn: boolean;
  /** Returns the arguments and options of these losses. A loss may be there several times. */
  select(losses: readonly number[]): { readonly args: unknown[]; readonly options: object };
}

/** The shape of the losses, and the vectors along one further axis. */
interface Layout {
  readonly kind: "element" | "row";
  readonly lossShape: readonly number[];
  readonly count: number;
  /** The position of the vectors' axis, and its size. */
  readonly axis: number;
  readonly size: number;
}

/**
 * Returns the call with all arguments repeated to their full shapes, so that each loss has its own numbers. An option
 * that is an array gets different numbers for each loss, drawn from its own.
 *
 * @returns undefined for vectors of one element, which cannot be told from values.
 */
export function readRows(
  loss: AnyLoss,
  call: Call,
  kind: "element" | "row",
  seed = 1,
): RowCall | undefined {
  const layout = layoutOf(loss, call, kind);
  if (kind === "row" && layout.size === 1) return undefined;
  const args = argumentRows(loss, call, layout);
  const options = optionRows(call, layout, random(seed));
  const { axis: _, ...others } = (call.options ?? {}) as { axis?: number };
  return {
    count: layout.count,
    sizes: args.map(({ size }) => size),
    hasDrawn: options.some(([name]) => name !== "sampleWeight"),
    select: (losses) => ({
      args: args.map((rows) => select(rows, losses)),
      options: {
        ...others,
        ...Object.fromEntries(options.map(([name, rows]) => [name, select(rows, losses)])),
      },
    }),
  };
}

function layoutOf(loss: AnyLoss, { input, rest, options }: Call, kind: "element" | "row"): Layout {
  const losses = loss(input, ...rest, { ...options, reduction: "none" });
  const lossShape: readonly number[] = typeof losses === "number" ? [] : losses.shape;
  const count = lossShape.reduce((product, length) => product * length, 1);
  if (kind === "element") return { kind, lossShape, count, axis: 0, size: 1 };
  const { axis: given = -1 } = (options ?? {}) as { axis?: number };
  const axis = given < 0 ? lossShape.length + 1 + given : given;
  const missing = lossShape.length + 1 - input.shape.length;
  return { kind, lossShape, count, axis, size: input.shape[axis - missing] ?? 1 };
}

function argumentRows(loss: AnyLoss, { input, rest, options = {} }: Call, layout: Layout): Rows[] {
  const args = [input, ...rest];
  return args.map((value, i) => {
    const numbers = asNumbers(value);
    const isVector = layout.kind === "row" && !takesValue(loss, args, i, numbers, options);
    return rowsOf(numbers, layout, isVector);
  });
}

/** Returns the options that are arrays. Weights of the losses are as they are given, the others are drawn. */
function optionRows({ options = {} }: Call, layout: Layout, source: Random): [string, Rows][] {
  const isVector = layout.kind === "row";
  return Object.entries(options)
    .filter(([, value]) => typeof value === "object" && value !== null)
    .map(([name, value]) => {
      const numbers = asNumbers(value);
      if (name === "sampleWeight") return [name, rowsOf(numbers, layout, false)];
      // One vector has the elements along the axis of the vectors.
      const isOneVector = isVector && numbers.shape.length === 1;
      const ones = new Array(isOneVector ? layout.lossShape.length - layout.axis : 0).fill(1);
      const shape = [...numbers.shape, ...ones];
      return [name, drawn(rowsOf({ ...numbers, shape }, layout, isVector), source)];
    });
}

/** Repeats numbers to the losses that they belong to. */
function rowsOf({ data, shape }: Numbers, layout: Layout, isVector: boolean): Rows {
  const { lossShape, count, axis } = layout;
  const size = isVector ? layout.size : 1;
  const values = Array.from({ length: count * size }, (_, i) => {
    const index = indexOf(Math.floor(i / size), lossShape);
    return data[offsetOf(shape, isVector ? index.toSpliced(axis, 0, i % size) : index)];
  });
  return { values: arrayTypeOf(data).from(values), size, isVector };
}

/** Returns whether an argument takes one number for each vector. */
function takesValue(
  loss: AnyLoss,
  args: readonly unknown[],
  position: number,
  { data }: Numbers,
  options: object,
): boolean {
  if (position === 0) return false;
  try {
    loss(...args.with(position, data[0]), options);
    return true;
  } catch {
    return false;
  }
}

/** Draws each number anew from those that are given. */
function drawn({ values, ...rows }: Rows, { below }: Random): Rows {
  return { ...rows, values: values.map(() => values[below(values.length)]) };
}

function select({ values, size, isVector }: Rows, losses: readonly number[]): Numbers {
  const data = new (arrayTypeOf(values))(losses.length * size);
  losses.forEach((loss, i) => {
    for (let j = 0; j < size; j++) data[i * size + j] = values[loss * size + j];
  });
  return { data, shape: isVector ? [losses.length, size] : [losses.length] };
}

function arrayTypeOf(data: Numbers["data"]): typeof Float64Array {
  return data.constructor as typeof Float64Array;
}

/** Returns the position along each axis of an element. */
function indexOf(element: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = element;
  for (const length of shape.toReversed()) {
    index.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return index;
}

/** Returns the offset of an element in an array of a shape that broadcasts to that of the index. */
function offsetOf(shape: readonly number[], index: readonly number[]): number {
  const missing = index.length - shape.length;
  return shape.reduce(
    (offset, length, axis) => offset * length + (length === 1 ? 0 : index[missing + axis]),
    0,
  );
}
