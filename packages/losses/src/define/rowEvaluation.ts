// The loop over the blocks of a loss of vectors.
import {
  blockPool,
  elementBlockLength,
  type KernelArray,
  sumOfBlock,
} from "@surprisal/core/authoring";
import { clearIgnored, type LoadBlock, scaleGradient } from "./elementBlocks.ts";
import { type GradientSink, namedGradients } from "./gradientSink.ts";
import type { BlockEvaluation, StoreLosses } from "./preparedLoss.ts";
import type { RowBlockFormula } from "./rowFormula.ts";
import { weightLosses } from "./sampleWeight.ts";

/** An argument, or an option that holds vectors. */
export interface Vectors {
  /** The numbers of one row: the size of a vector, or 1. */
  readonly size: number;
  /** Copies the next rows to a block, starting with row `first`. */
  readonly load: LoadBlock;
}

/** Returns the loader of rows of `size` numbers, given that of the numbers. */
export function rowLoader(load: LoadBlock, size: number): LoadBlock {
  return (first, rows, block) => load(first * size, rows * size, block);
}

/** Where the gradient of an argument goes. */
export interface VectorSink {
  /** The name of the argument. */
  readonly name: string;
  /** The numbers of one row. */
  readonly size: number;
  /** Undefined for a gradient that the call does not want. */
  readonly sink: GradientSink | undefined;
}

/** What a loss of vectors is computed from, and where its results go. */
export interface RowEvaluation extends BlockEvaluation {
  readonly formula: RowBlockFormula;
  /** The number of elements of a vector. */
  readonly size: number;
  /** The arguments, then the options that hold vectors; undefined for an option that is not given. */
  readonly vectors: readonly (Vectors | undefined)[];
  /** One per differentiated argument. */
  readonly sinks: readonly VectorSink[];
}

/** Returns the number of rows that make a block. */
export function rowsPerBlockOf(size: number): number {
  return Math.max(1, Math.floor(elementBlockLength / Math.max(1, size)));
}

/** Computes the rows from `start`, a multiple of a block's rows, to `end`. */
export function evaluateRows(
  {
    formula,
    isFloat32,
    size,
    vectors,
    sinks,
    loadGradScale,
    sampleWeight,
    storeLosses,
  }: RowEvaluation,
  start: number,
  end: number,
): void {
  const rowsPerBlock = rowsPerBlockOf(size);
  const pool = blockPool(isFloat32 ? "float32" : "float64");
  const scalePool = blockPool("float64");
  const acquire = () => pool.acquire(rowsPerBlock * size);
  const arrays = vectors.map((argument) => argument && acquire());
  const derivatives = sinks.map(({ sink }) => sink && acquire());
  const losses = pool.acquire(rowsPerBlock);
  const gradScale = scalePool.acquire(rowsPerBlock) as Float64Array;
  const names = sinks.map(({ name }) => name);
  const block = {
    firstRow: 0,
    rows: 0,
    size,
    losses,
    gradients: loadGradScale && namedGradients(names, derivatives),
  };
  try {
    for (let first = start; first < end; first += rowsPerBlock) {
      block.firstRow = first;
      block.rows = Math.min(rowsPerBlock, end - first);
      for (let i = 0; i < vectors.length; i++) {
        vectors[i]?.load(first, block.rows, arrays[i] as KernelArray);
      }
      losses.fill(Number.NaN, 0, block.rows);
      for (const derivative of derivatives) derivative?.fill(0);
      const hasRows = coverIgnored(arrays, vectors, sampleWeight, first, block.rows);
      if (hasRows) formula.block(block, ...(arrays as KernelArray[]));
      if (sampleWeight) clearIgnored([losses], sampleWeight, first, block.rows);
      // Everything is read before anything is written, because outputs may be arguments.
      if (loadGradScale?.constant === undefined) loadGradScale?.(first, block.rows, gradScale);
      for (let i = 0; i < sinks.length; i++) {
        const derivative = derivatives[i];
        if (derivative === undefined || loadGradScale === undefined) continue;
        const { size: length, sink } = sinks[i];
        if (sampleWeight) clearIgnored([derivative], sampleWeight, first, block.rows, length);
        scaleGradient(derivative, loadGradScale, block.rows, gradScale, length);
        sink?.add(derivative, first * length, block.rows * length);
      }
      storeLosses(first, block.rows, losses);
    }
  } finally {
    for (const array of [...arrays, ...derivatives, losses]) if (array) pool.release(array);
    scalePool.release(gradScale);
  }
}

/** Computes the same, and writes the sum of each block's losses to `values`, or the losses if they are stored. */
export function sumRowBlocks(
  evaluation: RowEvaluation,
  start: number,
  end: number,
  values: Float64Array,
): void {
  const rowsPerBlock = rowsPerBlockOf(evaluation.size);
  const isStored = evaluation.storeLosses.target !== undefined;
  const storeLosses: StoreLosses = (first, count, losses) => {
    if (isStored) for (let i = 0; i < count; i++) values[first - start + i] = losses[i];
    else values[(first - start) / rowsPerBlock] = sumOfBlock(losses, count);
  };
  const storeWeighted = weightLosses(storeLosses, evaluation.sampleWeight);
  evaluateRows({ ...evaluation, storeLosses: storeWeighted }, start, end);
}

/**
 * Copies a row that counts over those of weight 0, which may hold anything: the formula need not look at weights.
 *
 * @returns whether a row counts.
 */
function coverIgnored(
  arrays: readonly (KernelArray | undefined)[],
  vectors: readonly (Vectors | undefined)[],
  sampleWeight: KernelArray | undefined,
  first: number,
  rows: number,
): boolean {
  if (sampleWeight === undefined) return true;
  const weights = sampleWeight.subarray(first, first + rows);
  const counted = weights.findIndex((weight) => weight !== 0);
  if (counted === -1) return false;
  for (let r = 0; r < rows; r++) {
    if (weights[r] !== 0) continue;
    for (let i = 0; i < arrays.length; i++) {
      const size = vectors[i]?.size ?? 0;
      arrays[i]?.copyWithin(r * size, counted * size, (counted + 1) * size);
    }
  }
  return true;
}
