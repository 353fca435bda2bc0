/** The numbers of an argument: one, a vector, or rows of them. */
export type Values = number | readonly number[] | readonly (readonly number[])[];

/** Where a number stands in its argument: no index for a single one, two in a matrix. */
export type Path = readonly number[];

export const isMatrix = (values: Values): values is readonly (readonly number[])[] =>
  typeof values === "object" && typeof values[0] === "object";

/** The part of an argument that belongs to each row of the input: all of it, where that is one row. */
export function partOf(values: Values, row: number, rows: Values): Values {
  return isMatrix(rows) && typeof values === "object" ? values[row] : values;
}

/** The numbers of one row as a list. */
export function listOf(values: Values): readonly number[] {
  return typeof values === "number"
    ? [values]
    : (values as readonly (number | readonly number[])[]).flat();
}

export function valueAt(values: Values, path: Path): number {
  let value: unknown = values;
  for (const index of path) value = (value as readonly unknown[])[index];
  return value as number;
}

/** The same values with one number in the place of another. */
export function withValue<V extends Values>(values: V, [index, ...rest]: Path, value: number): V {
  if (index === undefined) return value as V;
  const list = values as readonly Values[];
  return list.map((one, i) => (i === index ? withValue(one, rest, value) : one)) as unknown as V;
}
