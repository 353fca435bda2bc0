// Losses of plain arrays, as workers compute them.
import type {
  BlockLossArrays,
  InputPlace,
  KernelArray,
  SharedPlace,
} from "@surprisal/core/authoring";
import { runsAlong } from "./broadcast.ts";
import { arrayLoader, type LoadBlock, runLoader } from "./elementBlocks.ts";
import { sumBlocks } from "./elementEvaluation.ts";
import type { ElementBlockFormula } from "./elementFormula.ts";
import { storingSink } from "./gradientSink.ts";
import { constantGradScale, upstreamGradScale } from "./gradScale.ts";
import type { BlockEvaluation, LoadGradScale } from "./preparedLoss.ts";
import { storingLosses } from "./reduction.ts";
import { rowLoader, sumRowBlocks } from "./rowEvaluation.ts";
import type { RowBlockFormula } from "./rowFormula.ts";
import { weightGradScale, weightLosses } from "./sampleWeight.ts";

/**
 * Computes a loss of elements and its gradients, and stores the losses or sums them by block.
 *
 * @param names the names of the arguments.
 * @param places where the blocks find arguments, options and upstream gradients.
 * @param gradScale the factor of the gradients, unless each loss has one; undefined if the call wants no gradient.
 */
export function computePlainElements(
  names: readonly string[],
  formula: ElementBlockFormula,
  places: readonly InputPlace[],
  arrays: BlockLossArrays,
  gradScale: number | undefined,
): void {
  const { gradients, sampleWeight, losses, start, end, values } = arrays;
  const upstream = upstreamOf(places, arrays, start);
  const evaluation = {
    ...evaluationOf(gradScaleOf(upstream, gradScale), sampleWeight, losses),
    formula,
    neverThrows: true,
    loaders: loadersOf(places.slice(0, -1), arrays, () => start),
    gradientNames: names,
    sinks: gradients.map((gradient) => gradient && storingSink(gradient)),
  };
  sumBlocks(evaluation, 0, end - start, values);
}

/** What workers know of a loss of vectors. */
export interface PlainVectors {
  readonly formula: RowBlockFormula;
  /** The number of elements of a vector. */
  readonly size: number;
  /** The arguments' names, and how many numbers of each a loss has. The options that follow hold vectors. */
  readonly names: readonly string[];
  readonly sizes: readonly number[];
  /** Whether losses are stored, and not summed by block. */
  readonly isStored: boolean;
}

/** Computes a loss of vectors, its gradients, and the sums of its blocks or its losses. */
export function computePlainVectors(
  { formula, size, names, sizes, isStored }: PlainVectors,
  places: readonly InputPlace[],
  arrays: BlockLossArrays,
  gradScale: number | undefined,
): void {
  const { gradients, sampleWeight, start, end, values } = arrays;
  const firstRow = start / size;
  const sizeOf = (i: number) => sizes[i] ?? size;
  const loaders = loadersOf(places.slice(0, -1), arrays, (i) => firstRow * sizeOf(i));
  const upstream = upstreamOf(places, arrays, firstRow);
  const losses = isStored ? values : undefined;
  const evaluation = {
    ...evaluationOf(gradScaleOf(upstream, gradScale), sampleWeight, losses),
    formula,
    size,
    vectors: loaders.map(
      (load, i) => load && { size: sizeOf(i), load: rowLoader(load, sizeOf(i)) },
    ),
    sinks: gradients.map((gradient, i) => ({
      name: names[i],
      size,
      sink: gradient && storingSink(gradient),
    })),
  };
  sumRowBlocks(evaluation, 0, (end - start) / size, values);
}

/**
 * Returns the loaders of arguments and options.
 *
 * @param startOf returns the number of an input that comes first in the blocks.
 */
function loadersOf(
  places: readonly InputPlace[],
  { inputs, shared = new Float32Array() }: BlockLossArrays,
  startOf: (i: number) => number,
): (LoadBlock | undefined)[] {
  let own = 0;
  return places.map((place, i) => {
    if (!isShared(place)) return place === "own" ? arrayLoader(inputs[own++]) : undefined;
    const load = runLoader(shared.subarray(place.offset), runsAlong(place.axes));
    const start = startOf(i);
    return (first, count, block) => load(start + first, count, block);
  });
}

/** Returns the upstream gradients of the losses from `first` on, if there is one per loss. They come last. */
function upstreamOf(
  places: readonly InputPlace[],
  { inputs, shared }: BlockLossArrays,
  first: number,
): Float32Array | undefined {
  const place = places.at(-1);
  if (isShared(place)) return shared?.subarray(place.offset + first);
  return place === "own" ? inputs.at(-1) : undefined;
}

function isShared(place: InputPlace | undefined): place is SharedPlace {
  return typeof place === "object" && place !== null;
}

/** Returns what the losses of all kinds are computed with. */
function evaluationOf(
  loadGradScale: LoadGradScale | undefined,
  sampleWeight: KernelArray | undefined,
  losses: KernelArray | undefined,
): BlockEvaluation {
  return {
    isFloat32: true,
    loadGradScale: loadGradScale && weightGradScale(loadGradScale, sampleWeight),
    sampleWeight,
    storeLosses: losses ? weightLosses(storingLosses(losses), sampleWeight) : () => {},
  };
}

function gradScaleOf(
  upstream: Float32Array | undefined,
  constant: number | undefined,
): LoadGradScale | undefined {
  if (upstream !== undefined) return upstreamGradScale(upstream);
  return constant === undefined ? undefined : constantGradScale(constant);
}
