/** Returns the loss of one contiguous row, or NaN where the loss is not finite. */
export type SingleRowLoss = (x: Float32Array, target: number) => number;

/** The largest number of classes for which the time to read the arguments matters. */
const maxFastPathClasses = 64;

/**
 * Returns the loss of one short row, given as a vector and a number or as [1, C] and [1].
 *
 * Returns undefined for all other arguments, invalid ones included: the regular path handles them.
 * On that path, reading a short row takes five times as long as computing its loss.
 */
export function trySingleRow(
  loss: SingleRowLoss,
  input: unknown,
  target: unknown,
): number | undefined {
  try {
    return computeSingleRow(loss, input, target);
  } catch {
    // A getter threw. The regular path says where.
    return undefined;
  }
}

function computeSingleRow(
  loss: SingleRowLoss,
  input: unknown,
  target: unknown,
): number | undefined {
  const isVector = input instanceof Float32Array;
  const x = isVector ? input : singleRowData(input, 2);
  if (!(x instanceof Float32Array) || x.length > maxFastPathClasses) return undefined;
  const t = isVector ? target : singleTarget(target);
  if (typeof t !== "number" || !(t >= 0 && t < x.length) || !Number.isInteger(t)) return undefined;
  const value = loss(x, t);
  return Number.isNaN(value) ? undefined : value;
}

interface TensorFields {
  readonly data?: ArrayLike<unknown>;
  readonly shape?: unknown;
  readonly strides?: unknown;
  readonly stride?: unknown;
  readonly offset?: unknown;
}

/** Returns the data of a contiguous { data, shape } of shape [1, C] or [C]; undefined for anything else. */
function singleRowData(value: unknown, rank: 1 | 2): ArrayLike<unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!Object.hasOwn(value, "data") || !Object.hasOwn(value, "shape")) return undefined;
  const { data, shape, strides, stride, offset } = value as TensorFields;
  const isContiguousRow =
    (strides ?? stride ?? offset) === undefined &&
    Array.isArray(shape) &&
    shape.length === rank &&
    shape[rank - 1] === data?.length &&
    (rank === 1 || shape[0] === 1);
  return isContiguousRow ? data : undefined;
}

function singleTarget(target: unknown): unknown {
  const data = target instanceof Int32Array ? target : singleRowData(target, 1);
  return data instanceof Int32Array && data.length === 1 ? data[0] : undefined;
}
