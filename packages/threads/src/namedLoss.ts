// The loss of a job, as text in the memory that threads share.
import type { InputPlace, NamedLoss } from "@surprisal/core/authoring";

/** The most bytes that the text of a loss may have. */
export const maxLossBytes = 1 << 10;

/** How a loss of elements or vectors is computed. */
export interface BlockForm {
  /** Where blocks find their inputs, in the order of `BlockLossCall`. */
  readonly places: readonly InputPlace[];
  /** Whether the losses of vectors are stored. They are not summed then. */
  readonly isStored: boolean;
}

/** A loss as its text tells it. */
export interface LossOfJob extends Omit<NamedLoss, "version"> {
  readonly form?: BlockForm;
}

/** Returns the text of a loss; undefined if JSON does not keep its options, or it is too long. */
export function lossText(
  { name, options, size }: NamedLoss,
  form?: BlockForm,
): Uint8Array | undefined {
  if (!Object.values(options).every(isKept)) return undefined;
  const loss: LossOfJob = { name, options, size, form };
  const bytes = new TextEncoder().encode(JSON.stringify(loss));
  return bytes.length > maxLossBytes ? undefined : bytes;
}

/** Returns the loss of a text. */
export function lossOfText(bytes: Uint8Array): LossOfJob {
  // A decoder refuses shared memory.
  return JSON.parse(new TextDecoder().decode(bytes.slice()));
}

function isKept(value: unknown): boolean {
  if (value === undefined || typeof value === "boolean") return true;
  return Number.isFinite(value) && !Object.is(value, -0);
}
