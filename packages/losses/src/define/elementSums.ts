// The loop over the blocks of an element loss that has a kernel, and whose losses are only summed.
import {
  blockStaging,
  elementBlockLength,
  isKernelMemory,
  type KernelArray,
} from "@surprisal/core/authoring";
import type { ElementEvaluation } from "./elementEvaluation.ts";
import { kernelOf } from "./elementFormula.ts";
import { namedGradients } from "./gradientSink.ts";

/** The numbers that are copied at once. Copies of single blocks would take a fifth longer. */
const chunkLength = 4 * elementBlockLength;

/**
 * Computes the elements from `start`, in place if all arrays are in one memory of the kernels.
 *
 * @returns the first element that is not computed.
 */
export function sumElements(evaluation: ElementEvaluation, start: number, end: number): number {
  const { isFloat32, loadGradScale, sampleWeight, storeLosses, gradientNames } = evaluation;
  const compute =
    isFloat32 && sampleWeight === undefined ? kernelOf(evaluation.formula) : undefined;
  const scale = loadGradScale === undefined ? 1 : loadGradScale.constant;
  const { addSum } = storeLosses;
  if (compute === undefined || addSum === undefined || scale === undefined) return start;
  const arrays = arraysInPlace(evaluation) ?? stagedArrays(evaluation);
  if (arrays === undefined) return start;
  const { elements, derivatives, length } = arrays;
  const gradients = loadGradScale && namedGradients(gradientNames, derivatives);
  for (let chunk = start; chunk < end; chunk += length) {
    const chunkEnd = Math.min(end, chunk + length);
    const origin = arrays.load(chunk, chunkEnd - chunk);
    for (let first = chunk; first < chunkEnd; first += elementBlockLength) {
      const count = Math.min(elementBlockLength, chunkEnd - first);
      const block = { start: first - origin, count, gradients, scale };
      const sum = count % 4 === 0 ? compute(block, ...(elements as KernelArray[])) : undefined;
      if (sum === undefined) {
        arrays.store(chunk, first - chunk);
        return first;
      }
      addSum(sum);
    }
    arrays.store(chunk, chunkEnd - chunk);
  }
  return end;
}

/** The arrays that kernels compute on: undefined for an option that is not given, and an unwanted gradient. */
interface KernelArrays {
  readonly elements: readonly (KernelArray | undefined)[];
  readonly derivatives: readonly (KernelArray | undefined)[];
  /** The number of elements that they hold at once. */
  readonly length: number;
  /** Makes the arrays hold `count` elements from `first` on. Returns which element is at index 0. */
  load(first: number, count: number): number;
  /** Puts `count` derivatives, of the elements from `first` on, where they belong. */
  store(first: number, count: number): void;
}

/** Returns the arguments and gradients themselves, if they are in one memory of the kernels. */
function arraysInPlace({ loaders, sinks }: ElementEvaluation): KernelArrays | undefined {
  const elements = loaders.map((load) => (load?.input?.axes ? undefined : load?.input?.data));
  const derivatives = sinks.map((sink) => sink?.target);
  const used = [...loaders, ...sinks].filter((part) => part !== undefined);
  const arrays = [...elements, ...derivatives].filter((array) => array instanceof Float32Array);
  if (arrays.length < used.length || !isKernelMemory(...arrays)) return undefined;
  return {
    elements: elements as (KernelArray | undefined)[],
    derivatives,
    length: Number.POSITIVE_INFINITY,
    load: () => 0,
    store() {},
  };
}

/** Returns arrays that arguments are copied to, and gradients from. */
function stagedArrays({ loaders, sinks }: ElementEvaluation): KernelArrays | undefined {
  const staging = blockStaging();
  if (staging === undefined || staging.length < (loaders.length + sinks.length) * chunkLength) {
    return undefined;
  }
  const chunkAt = (index: number) =>
    staging.subarray(index * chunkLength, (index + 1) * chunkLength);
  const elements = loaders.map((load, i) => load && chunkAt(i));
  const derivatives = sinks.map((sink, i) => sink && chunkAt(loaders.length + i));
  return {
    elements,
    derivatives,
    length: chunkLength,
    load(first, count) {
      for (let i = 0; i < loaders.length; i++) {
        loaders[i]?.(first, count, elements[i] as KernelArray);
      }
      return first;
    },
    store(first, count) {
      for (let i = 0; i < sinks.length; i++) {
        sinks[i]?.add(derivatives[i] as KernelArray, first, count);
      }
    },
  };
}
