// Reading the arguments of an element loss, and the options that hold one number per element.
import {
  type FloatView,
  formatIndex,
  formatValue,
  type NumberView,
  readFloats,
  readFloatsOrIntegers,
  readNumbers,
  sameShape,
  sizeOf,
} from "@surprisal/core/authoring";
import {
  broadcastShape,
  broadcastStrides,
  checkBroadcast,
  type Runs,
  runsOf,
} from "./broadcast.ts";
import { arrayLoader, type LoadBlock, runLoader } from "./elementBlocks.ts";
import type { DifferentiableInput } from "./preparedLoss.ts";

/** The names of the arguments of an element loss that names none. */
export const defaultArguments: readonly string[] = ["input", "target"];

/** The condition that every element of an argument must meet. */
export interface ValueCheck {
  /** Returns whether the condition is met. */
  valid(value: number): boolean;
  /** The condition in words that complete "must be …": `"a number from 0 to 1"`. */
  readonly expected: string;
  /**
   * Numbers from the first to the second are valid. `valid` is not called for them, which saves most of the
   * time of a check.
   */
  readonly range?: readonly [least: number, most: number];
}

/** The arguments of an element loss, read and broadcast. */
export interface ElementArguments {
  /** The shape of the losses: all arguments' shapes, broadcast. */
  readonly shape: readonly number[];
  /** One array per argument, in their order. */
  readonly views: readonly NumberView[];
  /** The arguments that have gradients. */
  readonly inputs: readonly DifferentiableInput[];
}

/**
 * Reads the arguments. Those in `differentiable` get a gradient, except for integers.
 *
 * @param perVector the arguments that may lack the last axis of the first one.
 */
export function readElementArguments(
  functionName: string,
  names: readonly string[],
  differentiable: readonly string[],
  args: readonly unknown[],
  perVector: readonly string[] = [],
): ElementArguments {
  const inputs: DifferentiableInput[] = [];
  let vectors: readonly number[] | undefined;
  const views = names.map((name, i): NumberView => {
    const label = `${functionName}: ${name}`;
    if (!differentiable.includes(name)) return readNumbers(label, args[i]);
    const view = i === 0 ? readFloats(label, args[i]) : readFloatsOrIntegers(label, args[i]);
    if ("kind" in view) inputs.push({ name, tensor: view as FloatView });
    if (i === 0) vectors = view.shape.length > 0 ? view.shape.slice(0, -1) : undefined;
    const isPerVector = perVector.includes(name) && vectors && sameShape(view.shape, vectors);
    return isPerVector && view.shape.length > 0
      ? { data: view.data, shape: [...view.shape, 1] }
      : view;
  });
  const { shape: first } = views[0];
  const shape = views.every((view) => sameShape(view.shape, first))
    ? first
    : broadcastShape(
        functionName,
        views.map((view, i) => ({ name: names[i], shape: view.shape })),
      );
  return { shape, views, inputs };
}

/** Reads an option that holds one number per element, if it is given. */
export function readElementOption(
  label: string,
  value: unknown,
  shape: readonly number[],
): NumberView | undefined {
  if (value === undefined) return undefined;
  const view = readNumbers(label, value);
  checkBroadcast(label, view.shape, shape);
  return view;
}

/** Returns the runs of an array's elements along the losses, or undefined if it has one for each loss. */
export function repeatsOf(view: NumberView, shape: readonly number[]): Runs | undefined {
  if (sameShape(view.shape, shape) || view.data.length === sizeOf(shape)) return undefined;
  return runsOf(shape, broadcastStrides(view.shape, shape));
}

/** Returns the loader of an array that is broadcast to the losses' shape. */
export function elementLoader(view: NumberView, shape: readonly number[]): LoadBlock {
  const runs = repeatsOf(view, shape);
  return runs === undefined ? arrayLoader(view.data) : runLoader(view.data, runs);
}

/** Throws if an element of an argument is not valid, unless all of its losses have the weight 0. */
export function checkValues(
  label: string,
  check: ValueCheck,
  view: NumberView,
  shape: readonly number[],
  sampleWeight: Float64Array | undefined,
): void {
  const { data } = view;
  let weights: ArrayLike<number> | undefined;
  for (let i = findInvalid(check, data, 0); i < data.length; i = findInvalid(check, data, i + 1)) {
    weights ??= sampleWeight && largestWeights(view, shape, sampleWeight);
    if (weights?.[i] === 0) continue;
    const index = formatIndex(i, view.shape);
    throw new RangeError(
      `${label}${index} must be ${check.expected}, got ${formatValue(data[i])}.`,
    );
  }
}

/** Returns the index of the first number from `start` on that is not valid, or the array's length. */
export function findInvalid(
  { valid, range = noNumbers }: ValueCheck,
  data: ArrayLike<number>,
  start: number,
): number {
  const { length } = data;
  let i = start;
  for (;;) {
    i = findOutside(data, i, range[0], range[1]);
    if (i >= length || !valid(data[i])) return i;
    i++;
  }
}

const noNumbers = [Number.NaN, Number.NaN] as const;

/** Returns the index of the first number from `start` on that is not in the range, or the array's length. */
function findOutside(data: ArrayLike<number>, start: number, least: number, most: number): number {
  const { length } = data;
  let i = start;
  // Four at a time take a third of the time.
  for (; i + 3 < length; i += 4) {
    const a = data[i];
    const b = data[i + 1];
    const c = data[i + 2];
    const d = data[i + 3];
    if (!(a >= least && b >= least && c >= least && d >= least)) break;
    if (!(a <= most && b <= most && c <= most && d <= most)) break;
  }
  while (i < length && data[i] >= least && data[i] <= most) i++;
  return i;
}

/** Returns the largest weight of the losses of each element. */
function largestWeights(
  view: NumberView,
  shape: readonly number[],
  sampleWeight: Float64Array,
): Float64Array {
  const runs = repeatsOf(view, shape);
  if (runs === undefined) return sampleWeight;
  const largest = new Float64Array(view.data.length);
  runs.forEachRun(0, sampleWeight.length, (start, length, offset) => {
    for (let i = 0, k = offset; i < length; i++, k += runs.stride) {
      largest[k] = Math.max(largest[k], sampleWeight[start + i]);
    }
  });
  return largest;
}
