import type { FileHandle } from "node:fs/promises";
import type { ModelDescription } from "../model/description.ts";
import type { Shard } from "./shard.ts";

/** The number of windows that the model reads at once. */
export const windowsPerBatch = 32;

/** What the model reads before the first byte of a document. */
const newline = 0x0a;

/** An id that is not scored. */
export const ignoredId = -100;

/** Some windows of a shard, side by side and time first: row r at time t is at t · rows + r. */
export interface Batch {
  /** The offset in the file of the first scored byte of row 0. */
  readonly start: number;
  /** The scored bytes, in the order of the file. */
  readonly scored: Uint8Array;
  readonly rows: number;
  /** The bytes before those that are predicted, of shape [context + times, rows]. */
  readonly previous: Uint8Array;
  /** The bytes to predict, of shape [times, rows]; the places after a short window are ignored. */
  readonly ids: Int32Array;
}

/**
 * Reads the windows of a shard, a batch at a time: only one batch is in memory.
 *
 * A window is a stretch of at most `window` bytes. The model starts with an empty memory, and first reads the
 * `context` + 1 bytes before the window: from the last of them it predicts the window's first byte. Before the first
 * byte of a document it reads newlines.
 */
export async function* readBatches(
  handle: FileHandle,
  shard: Shard,
  model: Pick<ModelDescription, "context" | "window">,
): AsyncGenerator<Batch> {
  const batchBytes = windowsPerBatch * model.window;
  for (let start = shard.start; start < shard.end; start += batchBytes) {
    const end = Math.min(start + batchBytes, shard.end);
    yield makeBatch(await readWithContext(handle, start, end, model.context + 1), start, model);
  }
}

/** Returns the bytes from start to end, with `before` bytes before them. */
async function readWithContext(handle: FileHandle, start: number, end: number, before: number) {
  const bytes = new Uint8Array(before + end - start).fill(newline);
  const first = Math.max(start - before, 0);
  let offset = before - (start - first);
  while (offset < bytes.length) {
    const position = start - before + offset;
    const { bytesRead } = await handle.read(bytes, offset, bytes.length - offset, position);
    if (bytesRead === 0) throw new RangeError(`the file ends at byte ${position}.`);
    offset += bytesRead;
  }
  return bytes;
}

function makeBatch(
  bytes: Uint8Array,
  start: number,
  { context, window }: Pick<ModelDescription, "context" | "window">,
): Batch {
  const scored = bytes.subarray(context + 1);
  const rows = Math.ceil(scored.length / window);
  const times = Math.min(scored.length, window);
  const previous = new Uint8Array((context + times) * rows).fill(newline);
  const ids = new Int32Array(times * rows).fill(ignoredId);
  for (let row = 0; row < rows; row++) {
    const first = row * window;
    const length = Math.min(window, scored.length - first);
    for (let t = 0; t < context + length; t++) previous[t * rows + row] = bytes[first + t];
    for (let t = 0; t < length; t++) ids[t * rows + row] = scored[first + t];
  }
  return { start, scored, rows, previous, ids };
}
