import type { NumericArray } from "../types.ts";
import { forEachOffset, sizeOf } from "./layout.ts";
import type { Destination, OutputBuffer } from "./output.ts";
import { isTypedArray } from "./typedArray.ts";

/** Bytes of a buffer, or an array of numbers, which counts as one byte. */
interface Span {
  readonly memory: object;
  readonly start: number;
  readonly end: number;
}

/** Returns whether two results are written to the same memory. */
export function shareMemory(a: OutputBuffer, b: OutputBuffer): boolean {
  // A strided result has an exact span for each element, so the cheap test comes first.
  const overlap = (isExact: boolean) => overlaps(spansOf(a, isExact), spansOf(b, isExact));
  return overlap(false) && overlap(true);
}

/** Returns the memory that a result is written to, with what is between its elements unless `isExact` is true. */
function spansOf({ target = [] }: OutputBuffer, isExact: boolean): Span[] {
  if (!("data" in target)) {
    return target.map((row) =>
      isTypedArray(row) ? spanOf(row, 0, row.length) : { memory: row, start: 0, end: 1 },
    );
  }
  const { data, shape, strides, offset }: Destination = target;
  if (strides === undefined) return [spanOf(data, offset, offset + sizeOf(shape))];
  if (!isExact) return [spanOf(data, 0, data.length)];
  const spans: Span[] = [];
  forEachOffset(shape, strides, offset, (element) => {
    spans.push(spanOf(data, element, element + 1));
  });
  return spans;
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
function overlaps(a: readonly Span[], b: readonly Span[]): boolean {
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
