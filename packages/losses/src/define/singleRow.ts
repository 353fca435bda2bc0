/** The loss of one row in one piece by its class; NaN where it is not finite. */
export type SingleRowLoss = (x: Float32Array, target: number) => number;

/** Beyond so many classes, what the general way costs no longer matters. */
const maxFastPathClasses = 64;

/**
 * The loss of one row of a few classes, given as a vector and a number, or as [1, C] and [1].
 * Undefined for everything else, also for what is wrong: the general way says what.
 *
 * To read such arguments with all care takes five times as long as to compute them.
 */
export function trySingleRow(
  loss: SingleRowLoss,
  input: unknown,
  target: unknown,
): number | undefined {
  const isVector = input instanceof Float32Array;
  const x = isVector ? input : dataOf(input, 2);
  if (!(x instanceof Float32Array) || x.length > maxFastPathClasses) return undefined;
  const t = isVector ? target : onlyElement(target);
  if (typeof t !== "number" || !(t >= 0 && t < x.length) || !Number.isInteger(t)) return undefined;
  const value = loss(x, t);
  return Number.isNaN(value) ? undefined : value;
}

interface Plain {
  readonly data?: ArrayLike<unknown>;
  readonly shape?: unknown;
  readonly strides?: unknown;
  readonly stride?: unknown;
  readonly offset?: unknown;
}

/** The data of a plain { data, shape } of one row; undefined for anything else. */
function dataOf(value: unknown, rank: number): ArrayLike<unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { data, shape, strides, stride, offset } = value as Plain;
  const isPlain =
    Object.hasOwn(value, "data") &&
    Object.hasOwn(value, "shape") &&
    (strides ?? stride ?? offset) === undefined &&
    Array.isArray(shape) &&
    shape.length === rank &&
    shape[rank - 1] === data?.length &&
    (rank === 1 || shape[0] === 1);
  return isPlain ? data : undefined;
}

function onlyElement(target: unknown): unknown {
  const data = target instanceof Int32Array ? target : dataOf(target, 1);
  return data instanceof Int32Array && data.length === 1 ? data[0] : undefined;
}
