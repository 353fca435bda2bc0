type Properties = Readonly<Record<PropertyKey, unknown>>;

/**
 * What to pass instead of objects that look like containers of numbers but are not. They are recognised by
 * a method. The first entry that fits counts; where one value is expected, the first whose advice gives one.
 */
const adviceByMethod: readonly (readonly [method: string, advice: string, isOne?: boolean])[] = [
  ["then", "await it first", true],
  ["dataSync", "pass { data: t.dataSync(), shape: t.shape }"],
  ["data", "pass { data: await t.data(), shape: t.shape }"],
  ["to2DArray", "pass its to2DArray()"],
  ["toArray", "pass its toArray()"],
  ["tolist", "pass its tolist()"],
  ["toNumber", "pass its toNumber()", true],
  ["arrayBuffer", "pass new Float32Array(await x.arrayBuffer())"],
  ["getFloat32", "pass new Float32Array(v.buffer, v.byteOffset, v.byteLength / 4)"],
  ["values", "pass an array of its values()"],
];

/**
 * Returns what to pass instead of an object that is not a container of numbers, if that is known.
 *
 * @param wantsOne whether one value is expected. There, advice on containers would be wrong.
 */
export function adviceFor(value: object, wantsOne = false): string | undefined {
  try {
    return wantsOne ? adviceForMethod(value as Properties, true) : advise(value as Properties);
  } catch {
    // A getter threw.
    return undefined;
  }
}

function advise(object: Properties): string | undefined {
  const advice = adviceForColumn(object) ?? adviceForMatrix(object) ?? adviceForMethod(object);
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

function adviceForMethod(object: Properties, wantsOne = false): string | undefined {
  return adviceByMethod.find(
    ([method, , isOne]) => typeof object[method] === "function" && (isOne || !wantsOne),
  )?.[1];
}
