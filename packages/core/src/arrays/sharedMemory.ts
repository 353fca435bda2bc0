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
  if (!overlap(spansOf(a), spansOf(b))) return false;
  const strided = [a, b].find(isStrided);
  if (strided === undefined) return true;
  // Its span also holds what is between its elements.
  const [span] = spansOf(strided);
  const isUsed = new Uint8Array(span.end - span.start);
  forEachRange(a, span, (start, end) => {
    isUsed.fill(1, start, end);
  });
  let isShared = false;
  forEachRange(b, span, (start, end) => {
    for (let byte = start; byte < end; byte++) if (isUsed[byte] === 1) isShared = true;
  });
  return isShared;
}

function isStrided({ target = [] }: OutputBuffer): boolean {
  return "data" in target && target.strides !== undefined;
}

/** Returns the memory that a result is written to. Strided memory is one span, from its first element to the last. */
function spansOf({ target = [] }: OutputBuffer): Span[] {
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

/** Calls back with the elements that follow each other: with all of them unless they are strided. */
function forEachElement(
  { shape, strides, offset }: Destination,
  visit: (start: number, end: number) => void,
): void {
  if (strides === undefined) visit(offset, offset + sizeOf(shape));
  else forEachOffset(shape, strides, offset, (element) => visit(element, element + 1));
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

/** Calls back with the bytes of a result within a span, as offsets from its start. */
function forEachRange(
  output: OutputBuffer,
  span: Span,
  visit: (start: number, end: number) => void,
): void {
  const { target = [] } = output;
  const visitPart = (part: Span) => {
    if (part.memory !== span.memory) return;
    const start = Math.max(part.start, span.start);
    const end = Math.min(part.end, span.end);
    if (start < end) visit(start - span.start, end - span.start);
  };
  if (!("data" in target)) spansOf(output).forEach(visitPart);
  else forEachElement(target, (start, end) => visitPart(spanOf(target.data, start, end)));
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
