// The loss of a job, as text in the memory that threads share.
import type { NamedLoss } from "@surprisal/core/authoring";

/** The most bytes that the text of a loss may have. */
export const maxLossBytes = 1 << 10;

/** Returns the text of a loss; undefined if JSON does not keep its options, or it is too long. */
export function lossText({ name, options, size }: NamedLoss): Uint8Array | undefined {
  if (!Object.values(options).every(isKept)) return undefined;
  const bytes = new TextEncoder().encode(JSON.stringify({ name, options, size }));
  return bytes.length > maxLossBytes ? undefined : bytes;
}

/** Returns the loss of a text. */
export function lossOfText(bytes: Uint8Array): Omit<NamedLoss, "version"> {
  // A decoder refuses shared memory.
  return JSON.parse(new TextDecoder().decode(bytes.slice()));
}

function isKept(value: unknown): boolean {
  if (value === undefined || typeof value === "boolean") return true;
  return Number.isFinite(value) && !Object.is(value, -0);
}
