// Element losses of plain arrays, as workers compute them.
import type { ElementLossArrays } from "@surprisal/core/authoring";
import { arrayLoader } from "./elementBlocks.ts";
import { type ElementEvaluation, sumBlocks } from "./elementEvaluation.ts";
import type { ElementBlockFormula } from "./elementFormula.ts";
import { storingSink } from "./gradientSink.ts";
import type { LoadGradScale } from "./preparedLoss.ts";

/**
 * Computes a loss of plain arrays, its gradients, and the sums of its blocks.
 *
 * @param names the names of the arguments.
 * @param gradScale the factor of the gradients; undefined if the call wants no gradient.
 */
export function computePlainElements(
  names: readonly string[],
  formula: ElementBlockFormula,
  { inputs, gradients, sums }: ElementLossArrays,
  gradScale: number | undefined,
): void {
  const evaluation: ElementEvaluation = {
    formula,
    isFloat32: true,
    neverThrows: true,
    loaders: inputs.map(arrayLoader),
    gradientNames: names,
    sinks: gradients.map((gradient) => gradient && storingSink(gradient)),
    loadGradScale: gradScale === undefined ? undefined : constantScale(gradScale),
    sampleWeight: undefined,
    storeLosses: () => {},
  };
  sumBlocks(evaluation, 0, inputs[0].length, sums);
}

function constantScale(constant: number): LoadGradScale {
  return Object.assign(() => {}, { constant });
}
