type Properties = Readonly<Record<PropertyKey, unknown>>;

/** What to pass instead of an object that has a method. */
type AdviceByMethod = readonly (readonly [method: string, advice: string])[];

/**
 * What to pass instead of objects that look like containers of numbers but are not. They are recognised by
 * a method. The first entry that fits counts.
 */
const adviceByMethod: AdviceByMethod = [
  ["then", "await it first"],
  ["dataSync", "pass { data: t.dataSync(), shape: t.shape }"],
  ["data", "pass { data: await t.data(), shape: t.shape }"],
  ["to2DArray", "pass its to2DArray()"],
  ["toArray", "pass its toArray()"],
  ["tolist", "pass its tolist()"],
  ["toNumber", "pass its toNumber()"],
  ["arrayBuffer", "pass a typed array, such as new Float32Array(await x.arrayBuffer())"],
  [
    "getFloat32",
    "pass a typed array, such as new Float32Array(v.buffer, v.byteOffset, v.byteLength / 4)",
  ],
  ["values", "pass an array of its values()"],
];

/** What to pass instead of objects that stand for one number. */
const scalarAdviceByMethod: AdviceByMethod = [
  ["then", "await it first"],
  ["dataSync", "pass its dataSync()[0]"],
  ["toNumber", "pass its toNumber()"],
];

/** Returns what to pass instead of an object that is not a container of numbers, if that is known. */
export function adviceFor(value: object): string | undefined {
  return unlessThrown(() => advise(value as Properties));
}

/** Returns what to pass instead of an object where one value is expected, if that is known. */
export function scalarAdviceFor(value: object): string | undefined {
  return unlessThrown(() => adviceForMethod(value as Properties, scalarAdviceByMethod));
}

/** Returns undefined if a getter of the object throws. */
function unlessThrown(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function advise(object: Properties): string | undefined {
  const advice =
    adviceForColumn(object) ?? adviceForMatrix(object) ?? adviceForMethod(object, adviceByMethod);
  if (advice !== undefined) return advice;
  const { length, width, height, values, shape, aval } = object;
  // The arrays that jax-js traces in jit and grad have a shape and no elements.
  if (aval !== undefined) return "it has no values inside jit or grad: call the function outside";
  if (ArrayBuffer.isView(values)) {
    return shape === undefined ? "pass its values" : "pass { data: b.values, shape: b.shape }";
  }
  if (typeof object[Symbol.iterator] === "function" || typeof length === "number") {
    return "pass an array of its elements";
  }
  if (typeof width === "number" && typeof height === "number") {
    return "pass a Float32Array of its data and shape [height, width, 4]";
  }
  return typeof object.byteLength === "number"
    ? "pass a typed array, such as new Float32Array(buffer)"
    : undefined;
}

/** Returns the advice for tables, columns and columns of lists, as Arrow has them. */
function adviceForColumn(object: Properties): string | undefined {
  const { numCols, numChildren, getChildAt } = object;
  if (typeof numCols === "number") return "pass the toArray() of a column: getChild(name)";
  const hasLists = typeof numChildren === "number" && numChildren > 0;
  const list = hasLists && typeof getChildAt === "function" ? getChildAt.call(object, 0) : null;
  // toArray reads a null as 0.
  const nulls = nullCountOf(object) || nullCountOf(list);
  if (nulls > 0) return `it has ${nulls} nulls: replace them, then pass its toArray()`;
  return list === null ? undefined : "pass [...v].map((row) => row.toArray())";
}

function nullCountOf(column: unknown): number {
  const nulls = (column as { nullCount?: unknown } | null)?.nullCount;
  return typeof nulls === "number" ? nulls : 0;
}

/** Returns the advice for a matrix of one column, as targets are, which has a method for vectors. */
function adviceForMatrix({ columns, to1DArray }: Properties): string | undefined {
  const isVector = columns === 1 && typeof to1DArray === "function";
  return isVector ? "pass its to1DArray()" : undefined;
}

function adviceForMethod(object: Properties, table: AdviceByMethod): string | undefined {
  return table.find(([method]) => typeof object[method] === "function")?.[1];
}
