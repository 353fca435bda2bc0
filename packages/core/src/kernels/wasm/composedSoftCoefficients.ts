// The coefficients wⱼ · ((1 − ε) · qⱼ + ε / C) of the classes of a block.
import { coefficientsAddress, weightsAddress } from "../../generated/memoryMap.ts";
import type { ComposedSoftCall, StagedRows } from "./composedSoftCall.ts";

/** Sets the coefficients of a call, where they do not depend on which classes are masked. */
export function setCoefficients({ instance, kernels, soft, layout }: ComposedSoftCall): void {
  const { labelSmoothing, weight } = soft;
  const uniform = labelSmoothing / layout.size;
  const scale = 1 - labelSmoothing;
  kernels.setCoefficients(scale, uniform, scale + uniform, weight !== undefined);
  if (weight !== undefined) {
    new Float64Array(instance.buffer, weightsAddress, layout.size).set(weight);
  }
}

/**
 * Writes the coefficients of rows in which masked classes, whose logit is −∞, are left out: C counts the others, and q
 * is spread over them. Probabilities of masked classes alone are left: the loss of such a row is infinite.
 */
export function spreadCoefficients(call: ComposedSoftCall, staged: StagedRows, rows: number): void {
  const { instance, soft } = call;
  const { staging, stagedProbabilities, targets } = instance;
  const { labelSmoothing, weight, probabilities } = soft;
  const { isRow, size, vectors, rowStride, classStride } = staged;
  const groups = isRow ? rows : (rows + 3) >> 2;
  const length = 4 * vectors * groups;
  const coefficients = new Float64Array(instance.buffer, coefficientsAddress, length);
  coefficients.fill(0);
  const hasIndices = probabilities === undefined;
  const step = isRow ? 1 : 4;
  for (let row = 0; row < rows; row++) {
    const first = row * rowStride;
    const target = targets[row];
    let [classes, sum, unmaskedSum] = [0, 0, 0];
    for (let j = 0, k = first; j < size; j++, k += classStride) {
      const q = hasIndices ? Number(j === target) : stagedProbabilities[k];
      sum += q;
      if (staging[k] === Number.NEGATIVE_INFINITY) continue;
      classes++;
      unmaskedSum += q;
    }
    // The sums may be equal although masked classes have probabilities: tiny ones.
    const isSpread = classes < size && unmaskedSum > 0;
    const factor = (1 - labelSmoothing) * (isSpread ? sum / unmaskedSum : 1);
    const maskedFactor = isSpread ? 0 : factor;
    const uniform = labelSmoothing / (classes || size);
    const maskedUniform = classes === 0 ? uniform : 0;
    let place = isRow ? 4 * vectors * row : 4 * vectors * (row >> 2) + (row & 3);
    for (let j = 0, k = first; j < size; j++, k += classStride, place += step) {
      const q = hasIndices ? Number(j === target) : stagedProbabilities[k];
      const isMasked = staging[k] === Number.NEGATIVE_INFINITY;
      const c = isMasked ? q * maskedFactor + maskedUniform : q * factor + uniform;
      coefficients[place] = weight ? c * weight[j] : c;
    }
  }
}
