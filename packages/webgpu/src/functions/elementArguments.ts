import {
  formatShape,
  readFloatsOrIntegers,
  readNumbers,
  readSampleWeight,
  rowMajorStrides,
} from "@surprisal/core/authoring";
import { broadcastShape, isBroadcastable, repeatedStrides } from "../broadcast.ts";
import type { Call } from "../call.ts";
import { toFloat32 } from "../float32.ts";
import { isTensor, type TensorRecord } from "../tensor.ts";
import type { ElementWeight } from "../wgsl/elements.ts";
import { isRowMajor, readInput, readTensor } from "./arguments.ts";
import { readWeightTensor } from "./classTarget.ts";
import { copyElements, viewOf } from "./copies.ts";
import type { ElementFormula } from "./elementFormulas.ts";
import type { ParsedElementOptions } from "./elementLoss.ts";

/** An array of a loss of single elements: float32 on the GPU, at any distances. */
export interface ElementArray {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** An argument of a loss of single elements. */
export interface ElementArgument extends ElementArray {
  /** Whether the argument holds floats: integers have no gradient. */
  readonly hasGradient: boolean;
}

/** The arguments, and the shape that they are repeated to. */
export interface ElementArguments {
  readonly input: ElementArgument;
  readonly target: ElementArgument;
  readonly shape: readonly number[];
}

/**
 * Reads the arguments: the input on the GPU, and the target there or in any container.
 *
 * @param isWeighted whether losses have weights: an element of weight 0 may be anything.
 */
export function readElementArguments(
  call: Call,
  [inputValue, targetValue]: readonly [input: unknown, target: unknown],
  isWeighted: boolean,
): ElementArguments {
  const { functionName } = call;
  const input = ofGpu(call, readInput(call, "input", inputValue));
  const target = isTensor(targetValue)
    ? ofGpu(call, readTensor(call, "target", targetValue))
    : upload(call, "target", targetValue, isWeighted);
  const shape = broadcastShape(
    functionName,
    { name: "input", shape: input.shape },
    { name: "target", shape: target.shape },
  );
  return { input, target, shape };
}

function ofGpu(call: Call, tensor: TensorRecord): ElementArgument {
  const { type } = tensor;
  return { ...arrayOf(call, tensor), hasGradient: type === "float32" || type === "float16" };
}

/** Returns the elements of a tensor, or of a copy if they are not float32. */
function arrayOf(call: Call, tensor: TensorRecord): ElementArray {
  const { shape, strides, offset, gpuBuffer: buffer } = tensor;
  if (tensor.type === "float32") return { buffer, offset, shape, strides };
  return rowMajor(copyElements(call, [viewOf(tensor, shape)], shape), shape);
}

function upload(call: Call, name: string, value: unknown, isWeighted: boolean): ElementArgument {
  const label = `${call.functionName}: ${name}`;
  const view = readFloatsOrIntegers(label, value);
  const buffer = call.upload(
    isWeighted ? Float32Array.from(view.data) : toFloat32(label, view.data),
  );
  return { ...rowMajor(buffer, view.shape), hasGradient: "kind" in view };
}

function rowMajor(buffer: GPUBuffer, shape: readonly number[]): ElementArray {
  return { buffer, offset: 0, shape, strides: rowMajorStrides(shape) };
}

/** Reads the weights of single elements. The mean divides by the sum of `sampleWeight`. */
export function readElementWeights(
  call: Call,
  formula: ElementFormula,
  options: ParsedElementOptions,
  shape: readonly number[],
): Partial<Record<ElementWeight, ElementArray>> {
  const dividesMean = formula.weight === "mean";
  const sampleWeight = readMeanWeight(call, "sampleWeight", options.sampleWeight, shape);
  const meanWeight = dividesMean
    ? readMeanWeight(call, "weight", options.weight, shape)
    : undefined;
  const weight = dividesMean ? undefined : readFactors(call, "weight", options.weight, shape);
  const posWeight = readFactors(call, "posWeight", options.posWeight, shape);
  const own =
    sampleWeight && meanWeight
      ? multiplyArrays(call, [sampleWeight, meanWeight], shape)
      : (sampleWeight ?? meanWeight);
  return {
    ...(own && { sampleWeight: own }),
    ...(weight && { weight }),
    ...(posWeight && { posWeight }),
  };
}

/** Reads one weight per loss, or size 1 along axes that repeat its weights. */
function readMeanWeight(
  call: Call,
  option: string,
  value: unknown,
  shape: readonly number[],
): ElementArray | undefined {
  if (value === undefined) return undefined;
  if (isTensor(value)) return arrayOf(call, readWeightTensor(call, option, value, shape));
  const weights = readSampleWeight(call.functionName, value, shape, option) as Float64Array;
  return rowMajor(call.upload(toFloat32(`${call.functionName}: ${option}`, weights)), shape);
}

/** Returns a buffer that holds the elements of an array, adjacent from its start on. */
export function adjacentBuffer(call: Call, array: ElementArray): GPUBuffer {
  const { buffer, offset, shape } = array;
  const isAdjacent = offset === 0 && isRowMajor(array);
  return isAdjacent ? buffer : multiplyArrays(call, [array], shape).buffer;
}

/** Returns a copy of an array that is repeated to a shape, or the product of two. */
function multiplyArrays(
  call: Call,
  arrays: readonly ElementArray[],
  shape: readonly number[],
): ElementArray {
  const views = arrays.map((array) => ({
    ...array,
    type: "float32" as const,
    strides: repeatedStrides(array, shape),
  }));
  return rowMajor(copyElements(call, views, shape), shape);
}

/** Reads factors of single elements, which are broadcast to the shape as in NumPy. */
function readFactors(
  call: Call,
  option: string,
  value: unknown,
  shape: readonly number[],
): ElementArray | undefined {
  if (value === undefined) return undefined;
  const { functionName } = call;
  const factors = isTensor(value)
    ? arrayOf(call, readTensor(call, option, value))
    : uploadFactors(call, option, value);
  if (isBroadcastable(factors.shape, shape)) return factors;
  throw new RangeError(
    `${functionName}: ${option} must have shape ${formatShape(shape)} or be broadcastable to it, got ${formatShape(factors.shape)}.`,
  );
}

function uploadFactors(call: Call, option: string, value: unknown): ElementArray {
  const label = `${call.functionName}: ${option}`;
  const { data, shape } = readNumbers(label, value);
  return rowMajor(call.upload(toFloat32(label, data)), shape);
}
