type Properties = Readonly<Record<PropertyKey, unknown>>;

/**
 * What to pass instead of objects that look like containers of numbers and are none, told by
 * a method that they have. The first entry that fits counts.
 */
const adviceByMethod: readonly (readonly [method: string, advice: string])[] = [
  ["then", "await it first"],
  ["dataSync", "pass { data: t.dataSync(), shape: t.shape }"],
  ["data", "pass { data: await t.data(), shape: t.shape }"],
  ["to2DArray", "pass its to2DArray()"],
  ["toArray", "pass its toArray()"],
  ["tolist", "pass its tolist()"],
  ["arrayBuffer", "pass a Float32Array of its arrayBuffer(), awaited"],
  ["getFloat32", "pass a Float32Array of its buffer, byteOffset and length"],
  ["values", "pass an array of its values()"],
];

/** Returns what to pass instead of an object that is no container of numbers, if that is known. */
export function adviceFor(value: object): string | undefined {
  const object = value as Properties;
  const { nullCount, length, width, height } = object;
  if (typeof nullCount === "number" && nullCount > 0) {
    return `it has ${nullCount} nulls: replace them, then pass its toArray()`;
  }
  const known = adviceByMethod.find(([method]) => typeof object[method] === "function");
  if (known !== undefined) return known[1];
  if (typeof object[Symbol.iterator] === "function" || typeof length === "number") {
    return "pass an array of its elements";
  }
  if (typeof width === "number" && typeof height === "number") {
    return "pass a Float32Array of its data and shape [height, width, 4]";
  }
  return typeof object.byteLength === "number" ? "pass new Float32Array(buffer)" : undefined;
}
