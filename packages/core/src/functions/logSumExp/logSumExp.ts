import {
  boolean,
  isPlainObject,
  optionsParser,
  readOption,
  unknown,
} from "../../arguments/options.ts";
import { openOutput } from "../../arrays/output.ts";
import { logSumExpKernel } from "../../kernels/dispatch.ts";
import type {
  FloatInput,
  IntegerArray,
  Output,
  Reduced,
  TypedOut,
  WrittenTo,
} from "../../types.ts";
import { type Axes, axisSchema, permute, readAxes, rowsAlong } from "../rowsAlong.ts";
import type { SampleWeight } from "../sampleWeight.ts";
import { readInput, releaseInput, smallBuffers } from "../smallArrays.ts";
import { readWeights, weightedLogSumExp } from "./weightedLogSumExp.ts";

/** Options of `logSumExp`. */
export interface LogSumExpOptions {
  /**
   * The axis, or several axes, to sum over; a negative axis counts from the end.
   *
   * @defaultValue -1
   */
  axis?: number | readonly number[] | IntegerArray | undefined;
  /**
   * Whether the result keeps the summed axes, with size 1.
   *
   * @defaultValue false
   */
  keepDims?: boolean | undefined;
  /**
   * The factors of the exponentials, as in log Σ wⱼ exp(xⱼ): numbers of x's shape, or of a shape that
   * broadcasts to it, in any container. They may be negative. Booleans are a mask. An element of weight 0
   * contributes nothing, whatever it is.
   */
  weights?: SampleWeight | undefined;
  /** Receives the result: a container of the result's kind, shape and element type. */
  out?: object | undefined;
}

interface ParsedOptions {
  axis: Axes;
  keepDims: boolean;
  weights: unknown;
  out: unknown;
}

const parseOptions = optionsParser<ParsedOptions>({
  axis: axisSchema,
  keepDims: boolean(false),
  weights: { ...unknown(), otherNames: /^b$|mask$|weight$|^where$/ },
  out: unknown(),
});

const buffers = /* @__PURE__ */ smallBuffers();

/**
 * Computes the logarithm of a sum of exponentials along one or more axes, without overflow.
 *
 * The result is a smooth maximum: at least the largest element, and at most log C above it for C elements.
 *
 * logSumExp(x) = max + log Σⱼ exp(xⱼ − max)
 *
 * With weights, it is log Σⱼ wⱼ exp(xⱼ). If the sum is 0, the result is −∞; if it is negative, NaN.
 *
 * @param x numbers of any shape, in any container of floats.
 * @param options axis, keepDims, weights, out.
 * @returns one value (in nats) per row, in x's kind of container: x's shape without the summed axes,
 * or with size 1 there if `keepDims` is true; a number if no axis is left. A row in which every element
 * is −∞ or has weight 0 gives −∞.
 * @throws TypeError if x is not a container of floats, weights no container of numbers, or an option is
 * unknown or of the wrong kind.
 * @throws RangeError if nested arrays are ragged, an axis is out of range or repeated, or weights or out
 * do not fit.
 *
 * @example
 * ```ts
 * import { logSumExp } from "@surprisal/core";
 *
 * logSumExp([1000, 1000]); // 1000.693…
 * logSumExp([[0, 0], [1, 1]], { keepDims: true }); // [[0.693…], [1.693…]]
 * logSumExp([2, 1], { weights: [1, -1] }); // 1.541…, log(e² − e)
 * ```
 *
 * Source: `torch.logsumexp`, and SciPy's `logsumexp` for the weights; Blanchard, Higham & Higham, IMA J. Numer. Anal. 41 (2021).
 */
export function logSumExp<I extends FloatInput, Out = undefined>(
  x: I,
  options: TypedOut<LogSumExpOptions & { keepDims: true }, Out>,
): WrittenTo<Output<I>, Out>;
export function logSumExp<I extends FloatInput, Out = undefined>(
  x: I,
  options?: TypedOut<
    LogSumExpOptions & { axis?: number | undefined; keepDims?: false | undefined },
    Out
  >,
): WrittenTo<Reduced<I>, Out>;
export function logSumExp<I extends FloatInput, Out = undefined>(
  x: I,
  options?: TypedOut<LogSumExpOptions, Out>,
): WrittenTo<Reduced<I> | Output<I> | number, Out>;
export function logSumExp(x: FloatInput, options?: LogSumExpOptions): unknown {
  const { axis, keepDims, weights, out } =
    readValidOptions("logSumExp", options) ?? parseOptions("logSumExp", options);
  const input = readInput("logSumExp", "x", x, buffers);
  const { data, shape } = input;
  const { axes, layout, permutation } = rowsAlong("logSumExp", axis, shape);
  const factors =
    weights === undefined ? undefined : readWeights(weights, shape, out !== undefined);
  const output = openOutput("logSumExp", out, reducedShape(shape, axes, keepDims), input, [data]);
  // Without elements there may still be two billion rows.
  if (data.length === 0) output.data.fill(Number.NEGATIVE_INFINITY);
  else if (factors !== undefined) {
    weightedLogSumExp(data, factors, shape, axes, output.data);
  } else if (permutation === undefined) logSumExpKernel(data, output.data, layout);
  else logSumExpKernel(permute(data, shape, permutation), output.data, layout);
  factors?.release();
  releaseInput(input);
  return output.finish();
}

const names: readonly string[] = ["axis", "keepDims", "weights", "out"];

/** Reads options in a third of the parser's time; returns undefined unless all are known and valid. */
function readValidOptions(functionName: string, options: unknown): ParsedOptions | undefined {
  if (!isPlainObject(options)) return undefined;
  let axis: Axes = -1;
  let keepDims = false;
  let weights: unknown;
  let out: unknown;
  for (const name of Object.keys(options)) {
    const value = readOption(functionName, options, name);
    if (value === undefined && names.includes(name)) continue;
    if (name === "axis") {
      const axes = readAxes(value);
      if (axes === undefined) return undefined;
      axis = axes;
    } else if (name === "keepDims" && typeof value === "boolean") keepDims = value;
    else if (name === "weights") weights = value;
    else if (name === "out") out = value;
    else return undefined;
  }
  return { axis, keepDims, weights, out };
}

function reducedShape(
  shape: readonly number[],
  axes: readonly number[],
  keepDims: boolean,
): number[] {
  const reduced: number[] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    if (!axes.includes(axis)) reduced.push(shape[axis]);
    else if (keepDims) reduced.push(1);
  }
  return reduced;
}
