import type { NumericArray } from "../types.ts";
import type { Destination, OutputBuffer } from "./destination.ts";
import { forEachOffset, sizeOf } from "./layout.ts";
import { isTypedArray } from "./typedArray.ts";

/** Bytes of a buffer, or an array of numbers, which counts as one byte. */
interface Span {
  readonly memory: object;
  readonly start: number;
  readonly end: number;
}

/** Returns whether two results are written to the same memory. */
export function shareMemory(
  { target: a = [] }: OutputBuffer,
  { target: b = [] }: OutputBuffer,
): boolean {
  if (!overlap(spansOf(a), spansOf(b))) return false;
  // The span of a strided result covers the gaps between its elements, too.
  return !("data" in a && "data" in b && (a.strides ?? b.strides)) || shareBytes(a, b);
}

/** Returns whether two results in the same buffer have a byte in common. */
function shareBytes(a: Destination, b: Destination): boolean {
  const [{ start, end }] = spansOf(a);
  const isUsed = new Uint8Array(end - start);
  forEachRange(a, (from, to) => {
    isUsed.fill(1, from - start, to - start);
  });
  let isShared = false;
  forEachRange(b, (from, to) => {
    const bytes = isUsed.subarray(Math.max(0, from - start), Math.max(0, to - start));
    if (bytes.includes(1)) isShared = true;
  });
  return isShared;
}

/** Returns the memory that a result is written to. Strided memory is one span, from its first element to the last. */
function spansOf(target: NonNullable<OutputBuffer["target"]>): Span[] {
  if (!("data" in target)) {
    return target.map((row) =>
      isTypedArray(row) ? spanOf(row, 0, row.length) : { memory: row, start: 0, end: 1 },
    );
  }
  const { data, shape, strides, offset } = target;
  const size = sizeOf(shape);
  if (strides === undefined || size === 0) return [spanOf(data, offset, offset + size)];
  let [first, last] = [offset, offset];
  shape.forEach((length, axis) => {
    const reach = (length - 1) * strides[axis];
    if (reach < 0) first += reach;
    else last += reach;
  });
  return [spanOf(data, first, last + 1)];
}

/** Calls back with the bytes of elements that follow each other: of each element if they are strided. */
function forEachRange(
  { data, shape, strides, offset }: Destination,
  visit: (start: number, end: number) => void,
): void {
  const visitElements = (first: number, end: number) => {
    const span = spanOf(data, first, end);
    visit(span.start, span.end);
  };
  if (strides === undefined) visitElements(offset, offset + sizeOf(shape));
  else forEachOffset(shape, strides, offset, (element) => visitElements(element, element + 1));
}

/** Returns the bytes of some elements of a typed array. */
function spanOf(
  { buffer, byteOffset, BYTES_PER_ELEMENT }: NumericArray,
  first: number,
  end: number,
): Span {
  const byteAt = (element: number) => byteOffset + element * BYTES_PER_ELEMENT;
  return { memory: buffer, start: byteAt(first), end: byteAt(end) };
}

/** Returns whether a span of one list overlaps one of the other. */
function overlap(a: readonly Span[], b: readonly Span[]): boolean {
  const spans = [
    ...a.map((span) => ({ ...span, list: 0 })),
    ...b.map((span) => ({ ...span, list: 1 })),
  ];
  // For each memory, the largest end of the spans of each list so far.
  const ends = new Map<object, [number, number]>();
  for (const { memory, start, end, list } of spans.sort((p, q) => p.start - q.start)) {
    const lastEnds = ends.get(memory) ?? [0, 0];
    if (start < lastEnds[1 - list] && start < end) return true;
    lastEnds[list] = Math.max(lastEnds[list], end);
    ends.set(memory, lastEnds);
  }
  return false;
}
