import { formatShape, type NumberView } from "@surprisal/core/authoring";

/** Throws unless negatives have shape [K, D] or [N, K, D] for queries of shape [N, D]. */
export function checkNegatives(
  functionName: string,
  { shape: [count, size] }: NumberView,
  { shape }: NumberView,
): void {
  const isShared = shape.length === 2 && shape[1] === size;
  const isPerQuery = shape.length === 3 && shape[0] === count && shape[2] === size;
  if (isShared || isPerQuery) return;
  throw new RangeError(
    `${functionName}: negatives must have shape [K, ${size}] or [${count}, K, ${size}], got ${formatShape(shape)}.`,
  );
}
