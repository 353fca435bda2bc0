// The loss of a job, as text in the memory that threads share.
import type { InputPlace, NamedLoss } from "@surprisal/core/authoring";

/** The most bytes that the text of a loss may have. */
export const maxLossBytes = 1 << 10;

/** A loss, and where its blocks find their inputs; see `BlockLossCall`. */
export interface PlacedLoss extends Omit<NamedLoss, "version"> {
  readonly places: readonly InputPlace[];
}

/** Returns the text of a loss; undefined if JSON does not keep its options, or it is too long. */
export function lossText(
  { name, options, size, isStored }: NamedLoss,
  places: readonly InputPlace[] = [],
): Uint8Array | undefined {
  if (!Object.values(options).every(isKept)) return undefined;
  const loss: PlacedLoss = { name, options, size, isStored, places };
  const bytes = new TextEncoder().encode(JSON.stringify(loss));
  return bytes.length > maxLossBytes ? undefined : bytes;
}

/** Returns the loss of a text. */
export function lossOfText(bytes: Uint8Array): PlacedLoss {
  // A decoder refuses shared memory.
  return JSON.parse(new TextDecoder().decode(bytes.slice()));
}

function isKept(value: unknown): boolean {
  if (value === undefined || typeof value === "boolean") return true;
  return Number.isFinite(value) && !Object.is(value, -0);
}
