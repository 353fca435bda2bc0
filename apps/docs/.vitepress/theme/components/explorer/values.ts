/** The numbers of an argument: one, a vector, rows of them, or deeper arrays. */
export type Values = number | readonly Values[];

/** The indices of a number or of a row in its argument: none for a number, two for a matrix. */
export type Path = readonly number[];

/** Returns the length of each axis. */
export function shapeOf(values: Values): number[] {
  return typeof values === "number" ? [] : [values.length, ...shapeOf(values[0] ?? 0)];
}

/** Returns the rows of an argument: a number or a vector is one row. */
export function rowsOf(values: Values): readonly Values[] {
  return shapeOf(values).length > 1 ? (values as readonly Values[]) : [values];
}

/** Returns all numbers, in order. */
export function listOf(values: Values): readonly number[] {
  return typeof values === "number" ? [values] : values.flatMap(listOf);
}

/** Returns the paths of all numbers, in order. */
export function pathsOf(values: Values): Path[] {
  if (typeof values === "number") return [[]];
  return values.flatMap((one, i) => pathsOf(one).map((path) => [i, ...path]));
}

export function partAt(values: Values, path: Path): Values {
  return path.reduce<Values>((part, index) => (part as readonly Values[])[index], values);
}

export function valueAt(values: Values, path: Path): number {
  return partAt(values, path) as number;
}

/** Returns a copy of values with one number replaced. */
export function withValue(values: Values, [index, ...rest]: Path, value: number): Values {
  if (index === undefined) return value;
  return (values as readonly Values[]).map((one, i) =>
    i === index ? withValue(one, rest, value) : one,
  );
}

/** Returns the results of a function for all numbers, in the same shape. */
export function mapValues(values: Values, map: (value: number) => number): Values {
  return typeof values === "number" ? map(values) : values.map((part) => mapValues(part, map));
}
