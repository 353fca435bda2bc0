import { type Random, random } from "@surprisal/testing";

/** The numbers of an array, made again from a kind and a seed. */
export interface Values {
  readonly kind: ValueKind;
  readonly seed: number;
}

const { NEGATIVE_INFINITY, POSITIVE_INFINITY, NaN: nan } = Number;

/** Kinds of rows, the simplest first. Each makes a row of logits. */
const kinds = {
  integers: (r: Random, size: number) => fill(size, () => r.below(7) - 3),
  normal: (r, size) => fill(size, () => r.normal()),
  wide: (r, size) => fill(size, () => 30 * r.normal()),
  falling: (r, size) => fill(size, () => -80 * r.uniform()),
  ties: (_, size) => fill(size, () => 3.25),
  offset1e3: (r, size) => fill(size, () => 1e3 + r.normal()),
  offset1e6: (r, size) => fill(size, () => r.normal() - 1e6),
  offset1e30: (r, size) => fill(size, () => 1e30 * (1 + r.normal())),
  dominated: (r, size) => {
    const gap = 4 + 100 * r.uniform();
    return withOne(r, size, Math.log(size) + gap, () => r.normal());
  },
  twoAhead: (r, size) => fill(size, (j) => (j < 2 ? 50 - j : -40 * r.uniform())),
  huge: (r, size) => fill(size, () => (r.uniform() < 0.5 ? 3e38 : -3e38) * r.uniform()),
  zeros: (r, size) => fill(size, () => (r.uniform() < 0.5 ? 0 : -0)),
  subnormal: (r, size) => fill(size, () => r.normal() * 2 ** -140),
  masked: (r, size) => fill(size, () => (r.uniform() < 0.4 ? NEGATIVE_INFINITY : 3 * r.normal())),
  allMasked: (_, size) => fill(size, () => NEGATIVE_INFINITY),
  infinite: (r, size) => withOne(r, size, POSITIVE_INFINITY, () => r.normal()),
  nan: (r, size) => withOne(r, size, nan, () => r.normal()),
  nanAndInfinite: (r, size) => fill(size, () => [nan, POSITIVE_INFINITY, 0][r.below(3)]),
} satisfies Record<string, (r: Random, size: number) => Float64Array>;

export type ValueKind = keyof typeof kinds;

export const valueKinds = Object.keys(kinds) as ValueKind[];

/** Returns rows of the kind, with normal rows among them: rows must not change their neighbours. */
export function makeRows({ kind, seed }: Values, rows: number, size: number): Float64Array {
  const r = random(seed);
  const result = new Float64Array(rows * size);
  for (let row = 0; row < rows; row++) {
    const isPlain = row > 0 && r.uniform() < 0.4;
    result.set(kinds[isPlain ? "normal" : kind](r, size), row * size);
  }
  return result;
}

function fill(size: number, make: (j: number) => number): Float64Array {
  return Float64Array.from({ length: size }, (_, j) => make(j));
}

function withOne(r: Random, size: number, value: number, make: () => number): Float64Array {
  const row = fill(size, make);
  row[r.below(size)] = value;
  return row;
}

/** The elements of an array, seen as rows along some of its axes. */
export interface Rows {
  readonly count: number;
  readonly size: number;
  /** The row-major position of each element, row by row. */
  readonly positions: Int32Array;
  /** The shape without those axes. */
  readonly shape: readonly number[];
}

export function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}

/** Returns the strides of a row-major array of this shape. */
export function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => product(shape.slice(axis + 1)));
}

/** Calls `visit` with the offset of every element, in row-major order of the shape. */
export function forEachElement(
  shape: readonly number[],
  strides: readonly number[],
  visit: (offset: number, i: number) => void,
): void {
  const total = product(shape);
  const index = shape.map(() => 0);
  let offset = 0;
  for (let i = 0; i < total; i++) {
    visit(offset, i);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]++;
      offset += strides[axis];
      if (index[axis] < shape[axis]) break;
      offset -= strides[axis] * index[axis];
      index[axis] = 0;
    }
  }
}

/** Returns the rows of a shape along one or more axes. */
export function rowsAlong(shape: readonly number[], axes: readonly number[]): Rows {
  const strides = rowMajor(shape);
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const order = [...kept, ...axes];
  const positions = new Int32Array(product(shape));
  const pick = (list: readonly number[]) => order.map((axis) => list[axis]);
  forEachElement(pick(shape), pick(strides), (offset, i) => {
    positions[i] = offset;
  });
  return {
    count: product(kept.map((axis) => shape[axis])),
    size: product(axes.map((axis) => shape[axis])),
    positions,
    shape: kept.map((axis) => shape[axis]),
  };
}

/** Returns numbers that are given row by row in the row-major order of their array. */
export function fromRows(byRow: Float64Array, { positions }: Rows): Float64Array {
  const result = new Float64Array(byRow.length);
  for (let i = 0; i < byRow.length; i++) result[positions[i]] = byRow[i];
  return result;
}

/** Returns one row of an array. */
export function rowOf(
  data: Float64Array,
  { positions, size }: Rows,
  row: number,
): Float64Array<ArrayBuffer> {
  return Float64Array.from({ length: size }, (_, j) => data[positions[row * size + j]]);
}
