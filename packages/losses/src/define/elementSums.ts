// The loop over the blocks of an element loss whose losses are only summed, and which has a kernel for that.
import {
  blockPool,
  elementBlockLength,
  isKernelMemory,
  type KernelArray,
} from "@surprisal/core/authoring";
import type { ElementEvaluation } from "./elementEvaluation.ts";
import { kernelOf } from "./elementFormula.ts";
import { namedGradients } from "./gradientSink.ts";

/**
 * Computes the elements from `start`, in place if all arrays are in one memory of the kernels.
 *
 * @returns the first element that is not computed.
 */
export function sumElements(evaluation: ElementEvaluation, start: number, end: number): number {
  const { isFloat32, loadGradScale, sampleWeight, storeLosses } = evaluation;
  const kernel = isFloat32 && sampleWeight === undefined ? kernelOf(evaluation.formula) : undefined;
  const scale = loadGradScale === undefined ? 1 : loadGradScale.constant;
  const { addSum } = storeLosses;
  if (kernel === undefined || addSum === undefined || scale === undefined) return start;
  const wantsGradients = loadGradScale !== undefined;
  const { load, store, release } = openInPlace(evaluation) ?? openBlocks(evaluation);
  try {
    for (let first = start; first < end; first += elementBlockLength) {
      const count = Math.min(elementBlockLength, end - first);
      if (count % 4 !== 0) return first;
      const { elements, derivatives } = load(first, count);
      const gradients = wantsGradients
        ? namedGradients(evaluation.gradientNames, derivatives)
        : undefined;
      const sum = kernel({ count, gradients, scale }, ...(elements as KernelArray[]));
      if (sum === undefined) return first;
      store(first, count);
      addSum(sum);
    }
  } finally {
    release();
  }
  return end;
}

/** The arrays of a block: undefined for an option that is not given, and a gradient that the call does not want. */
interface BlockArrays {
  readonly elements: readonly (KernelArray | undefined)[];
  readonly derivatives: readonly (KernelArray | undefined)[];
}

/** Where the loop takes the arrays of blocks from. */
interface BlockSource {
  /** Returns the arrays of `count` elements from `first` on. */
  load(first: number, count: number): BlockArrays;
  /** Puts the gradients of these elements where they belong. */
  store(first: number, count: number): void;
  release(): void;
}

/** Returns the arguments and gradients themselves, if they are in one memory of the kernels. */
function openInPlace({ loaders, sinks }: ElementEvaluation): BlockSource | undefined {
  const sources = loaders.map((load) => load?.source);
  const targets = sinks.map((sink) => sink?.target);
  const isWhole = (_: unknown, i: number) => loaders[i] === undefined || isFloat32(sources[i]);
  const isTarget = (_: unknown, i: number) => sinks[i] === undefined || isFloat32(targets[i]);
  if (!loaders.every(isWhole) || !sinks.every(isTarget)) return undefined;
  const [first, ...others] = [...sources, ...targets].filter(isFloat32);
  if (!isKernelMemory(first, ...others)) return undefined;
  const part = (array: unknown, first: number, count: number) =>
    isFloat32(array) ? array.subarray(first, first + count) : undefined;
  return {
    load: (first, count) => ({
      elements: sources.map((array) => part(array, first, count)),
      derivatives: targets.map((array) => part(array, first, count)),
    }),
    store() {},
    release() {},
  };
}

/** Returns blocks that arguments are copied to, and gradients from. */
function openBlocks({ loaders, sinks }: ElementEvaluation): BlockSource {
  const pool = blockPool("float32");
  const elements = loaders.map((load) => load && pool.acquire(elementBlockLength));
  const derivatives = sinks.map((sink) => sink && pool.acquire(elementBlockLength));
  const arrays = { elements, derivatives };
  return {
    load(first, count) {
      for (let i = 0; i < loaders.length; i++) {
        loaders[i]?.(first, count, elements[i] as KernelArray);
      }
      return arrays;
    },
    store(first, count) {
      for (let i = 0; i < sinks.length; i++) {
        sinks[i]?.add(derivatives[i] as KernelArray, first, count);
      }
    },
    release() {
      for (const array of [...elements, ...derivatives]) if (array) pool.release(array);
    },
  };
}

function isFloat32(array: unknown): array is Float32Array {
  return array instanceof Float32Array;
}
