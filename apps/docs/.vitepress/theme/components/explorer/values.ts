/** The numbers of an argument: one, a vector, or rows of them. */
export type Values = number | readonly number[] | readonly (readonly number[])[];

/** The indices of a number in its argument: none for a number, two for a matrix. */
export type Path = readonly number[];

export const isMatrix = (values: Values): values is readonly (readonly number[])[] =>
  typeof values === "object" && typeof values[0] === "object";

/** Returns the part of an argument that belongs to a row of the input. */
export function partOf(values: Values, row: number, rows: Values): Values {
  return isMatrix(rows) && typeof values === "object" ? values[row] : values;
}

/** Returns the numbers of one row as a list. */
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

/** Returns a copy of values with one number replaced. */
export function withValue<V extends Values>(values: V, [index, ...rest]: Path, value: number): V {
  if (index === undefined) return value as V;
  const list = values as readonly Values[];
  return list.map((one, i) => (i === index ? withValue(one, rest, value) : one)) as unknown as V;
}
