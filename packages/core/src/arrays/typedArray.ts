import { rangeError } from "../arguments/errors.ts";
import type { NumericArray } from "../types.ts";
import { maxElements } from "./layout.ts";

/** The prototype that the prototypes of all typed arrays have. */
const typedArrayPrototype = /* @__PURE__ */ Object.getPrototypeOf(Int8Array.prototype);

/** Returns the name of a typed array's type: the getter reads an internal slot, in every realm. */
const readName: () => string | undefined = /* @__PURE__ */ (() =>
  Object.getOwnPropertyDescriptor(typedArrayPrototype, Symbol.toStringTag)?.get as () => string)();

/** Returns the name of a typed array's type, such as "Float32Array"; undefined for other values. */
export function typedArrayName(value: unknown): string | undefined {
  return readName.call(value);
}

/** Returns whether a value is a typed array, of this realm or another. */
export function isTypedArray(value: unknown): value is NumericArray {
  return typedArrayName(value) !== undefined;
}

/** Makes an array of a length. */
export type ArrayConstructor<A> = new (length: number) => A;

/** Returns this realm's constructor of typed arrays of this name. */
export function constructorOf(
  name: string,
): ArrayConstructor<NumericArray> &
  (new (
    buffer: ArrayBufferLike,
    byteOffset: number,
    length: number,
  ) => NumericArray) {
  return (globalThis as never)[name];
}

/** Returns an array with the same memory that belongs to this realm and to no subclass. */
export function toLocalArray(label: string, array: NumericArray): NumericArray {
  checkAttached(label, array);
  if (array.length > maxElements) {
    throw rangeError(label, `have at most ${maxElements} elements`, `${array.length}`);
  }
  const prototype: unknown = Object.getPrototypeOf(array);
  if (prototype !== null && Object.getPrototypeOf(prototype) === typedArrayPrototype) return array;
  const { buffer, byteOffset, length } = array;
  return new (constructorOf(typedArrayName(array) as string))(buffer, byteOffset, length);
}

/** Throws if an array has lost its memory. It then looks empty, but its methods throw. */
export function checkAttached(label: string, array: NumericArray): void {
  if (array.length > 0) return;
  try {
    typedArrayPrototype.at.call(array, 0);
  } catch {
    throw new TypeError(
      `${label} is detached: its buffer was transferred or shrunk, or its memory grew.`,
    );
  }
}

/** Makes an array, or throws an error that names the function and the argument if memory runs out. */
export function newArray<A>(label: string, Type: ArrayConstructor<A>, length: number): A {
  try {
    return new Type(length);
  } catch {
    throw new RangeError(`${label}: ${length} elements do not fit into memory.`);
  }
}
