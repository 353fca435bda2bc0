// Losses of plain arrays, as workers compute them.
import type { BlockLossArrays, KernelArray } from "@surprisal/core/authoring";
import { arrayLoader } from "./elementBlocks.ts";
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
 * @param gradScale the factor of the gradients, unless each loss has one; undefined if the call wants no gradient.
 */
export function computePlainElements(
  names: readonly string[],
  formula: ElementBlockFormula,
  { inputs, gradients, sampleWeight, losses, sums }: BlockLossArrays,
  gradScale: number | undefined,
): void {
  const upstream = inputs[names.length];
  const loadGradScale = upstream ? upstreamGradScale(upstream) : gradScaleOf(gradScale);
  const evaluation = {
    ...evaluationOf(loadGradScale, sampleWeight, losses),
    formula,
    neverThrows: true,
    loaders: inputs.slice(0, names.length).map(arrayLoader),
    gradientNames: names,
    sinks: gradients.map((gradient) => gradient && storingSink(gradient)),
  };
  sumBlocks(evaluation, 0, inputs[0].length, sums);
}

/** Computes a loss of vectors of `size` elements, its gradients, and the sums of its blocks. */
export function computePlainVectors(
  names: readonly string[],
  size: number,
  formula: RowBlockFormula,
  { inputs, gradients, sampleWeight, sums }: BlockLossArrays,
  gradScale: number | undefined,
): void {
  const evaluation = {
    ...evaluationOf(gradScaleOf(gradScale), sampleWeight),
    formula,
    size,
    vectors: inputs.map((data) => ({ size, load: rowLoader(arrayLoader(data), size) })),
    sinks: gradients.map((gradient, i) => ({
      name: names[i],
      size,
      sink: gradient && storingSink(gradient),
    })),
  };
  sumRowBlocks(evaluation, 0, inputs[0].length / size, sums);
}

/** Returns what the losses of all kinds are computed with. */
function evaluationOf(
  loadGradScale: LoadGradScale | undefined,
  sampleWeight: KernelArray | undefined,
  losses?: KernelArray,
): BlockEvaluation {
  return {
    isFloat32: true,
    loadGradScale: loadGradScale && weightGradScale(loadGradScale, sampleWeight),
    sampleWeight,
    storeLosses: losses ? weightLosses(storingLosses(losses), sampleWeight) : () => {},
  };
}

function gradScaleOf(constant: number | undefined): LoadGradScale | undefined {
  return constant === undefined ? undefined : constantGradScale(constant);
}
