// A set-up file of all tests: `toEqual` compares equal arrays of numbers at once. Vitest compares one element
// after the other by all of its rules, which takes seconds for the arrays of some tests.
import { expect } from "vitest";

/** Returns true for equal arrays of numbers. Vitest compares what else there is, and describes differences. */
export function equalNumbers(a: unknown, b: unknown): true | undefined {
  if (!isArray(a) || !isArray(b)) return undefined;
  const isSame = a.constructor === b.constructor && a.length === b.length;
  if (!isSame || typeof a[0] !== "number") return undefined;
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b) && bytesOf(a).equals(bytesOf(b))) return true;
  for (let i = 0; i < a.length; i++) {
    if (typeof a[i] !== "number" || !Object.is(a[i], b[i])) return undefined;
  }
  return true;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function isArray(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

expect.addEqualityTesters([equalNumbers]);
