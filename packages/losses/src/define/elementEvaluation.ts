// The loop over the blocks of an element loss.
import {
  blockPool,
  elementBlockLength,
  type KernelArray,
  sumOfBlock,
  weighKernel,
} from "@surprisal/core/authoring";
import { clearIgnored, type LoadBlock, scaleGradient } from "./elementBlocks.ts";
import { computeBlock, type ElementBlockFormula, type KernelFormula } from "./elementFormula.ts";
import { sumElements } from "./elementSums.ts";
import { type GradientSink, namedGradients } from "./gradientSink.ts";
import type { BlockEvaluation, StoreLosses } from "./preparedLoss.ts";
import { weightLosses } from "./sampleWeight.ts";

/** What an element loss is computed from, and where its results go. */
export interface ElementEvaluation extends BlockEvaluation {
  readonly formula: ElementBlockFormula | KernelFormula;
  /** Whether the formula writes every result that it is asked for. */
  readonly neverThrows: boolean;
  /** One loader per argument, then one per option that is an array; undefined for an option that is not given. */
  readonly loaders: readonly (LoadBlock | undefined)[];
  /** The names of the differentiated arguments. */
  readonly gradientNames: readonly string[];
  /** One sink per differentiated argument; undefined for gradients that the call does not want. */
  readonly sinks: readonly (GradientSink | undefined)[];
}

/** Computes the elements from `start`, a multiple of `elementBlockLength`, to `end`. */
export function evaluateElements(evaluation: ElementEvaluation, start: number, end: number): void {
  const rest = sumElements(evaluation, start, end);
  if (rest < end) evaluateBlocks(evaluation, rest, end);
}

/** Computes them block by block, in copies. */
function evaluateBlocks(
  {
    formula,
    isFloat32,
    neverThrows,
    loaders,
    gradientNames,
    sinks,
    loadGradScale,
    sampleWeight,
    storeLosses,
  }: ElementEvaluation,
  start: number,
  end: number,
): void {
  const pool = blockPool(isFloat32 ? "float32" : "float64");
  const scalePool = blockPool("float64");
  const elements = loaders.map((load) => load && pool.acquire(elementBlockLength));
  const derivatives = sinks.map((sink) => sink && pool.acquire(elementBlockLength));
  const losses = pool.acquire(elementBlockLength);
  const gradScale = scalePool.acquire(elementBlockLength) as Float64Array;
  const constant = loadGradScale?.constant ?? loadGradScale?.unweighted;
  const results = [losses, ...derivatives.filter((array) => array !== undefined)];
  const block = {
    count: 0,
    losses,
    gradients: loadGradScale && namedGradients(gradientNames, derivatives),
  };
  try {
    for (let first = start; first < end; first += elementBlockLength) {
      block.count = Math.min(elementBlockLength, end - first);
      for (let i = 0; i < loaders.length; i++) {
        loaders[i]?.(first, block.count, elements[i] as KernelArray);
      }
      if (!neverThrows) {
        // Results that the formula leaves out must not be those of the block before.
        losses.fill(Number.NaN, 0, block.count);
        for (const derivative of derivatives) derivative?.fill(0, 0, block.count);
      }
      computeBlock(formula, block, elements as KernelArray[]);
      const weights = sampleWeight?.subarray(first, first + block.count);
      // Everything is read before anything is written, because outputs may be arguments.
      if (loadGradScale && constant === undefined) loadGradScale(first, block.count, gradScale);
      for (let i = 0; i < sinks.length; i++) {
        const [derivative, sink] = [derivatives[i], sinks[i]];
        if (derivative === undefined || loadGradScale === undefined) continue;
        if (weights && constant !== undefined) {
          weighKernel(derivative, weights, constant, block.count);
        } else {
          if (sampleWeight) clearIgnored([derivative], sampleWeight, first, block.count);
          scaleGradient(derivative, loadGradScale, block.count, gradScale);
        }
        sink?.add(derivative, first, block.count);
      }
      storeLosses(first, block.count, losses);
    }
  } finally {
    for (const array of [...elements, ...results]) if (array !== undefined) pool.release(array);
    scalePool.release(gradScale);
  }
}

/** Computes the elements from `start` to `end`. Writes the sum of each block's losses to `sums`, unless they are stored. */
export function sumBlocks(
  evaluation: ElementEvaluation,
  start: number,
  end: number,
  sums: Float64Array,
): void {
  if (evaluation.storeLosses.target !== undefined) {
    evaluateElements(evaluation, start, end);
    return;
  }
  let block = 0;
  const addSum = (sum: number) => {
    sums[block++] = sum;
  };
  const storeLosses: StoreLosses = Object.assign(
    (_: number, count: number, losses: KernelArray) => addSum(sumOfBlock(losses, count)),
    { addSum },
  );
  const storeWeighted = weightLosses(storeLosses, evaluation.sampleWeight, weighKernel);
  evaluateElements({ ...evaluation, storeLosses: storeWeighted }, start, end);
}
