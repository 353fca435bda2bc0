import {
  forEachRowBlock,
  type KernelArray,
  loadRow,
  type RowData,
  rowOffset,
  storeRow,
} from "@surprisal/core/authoring";
import type { ClassBatch } from "./classBatch.ts";
import type { ClassFormula } from "./classLoss.ts";

/** Computes the losses of all rows, and their gradients if `gradient` is given, by the formula. */
export function evaluateFormula(
  formula: ClassFormula,
  batch: ClassBatch,
  rows: RowData,
  gradient: KernelArray | undefined,
): void {
  const { input, layout } = batch;
  const x = new Float64Array(layout.size);
  const coefficients = new Float64Array(layout.size);
  const gradientRow = gradient && new Float64Array(layout.size);
  forEachRowBlock(
    layout.outer * layout.inner,
    rows,
    (first, count, { targets, gradScale, values }) => {
      for (let i = 0; i < count; i++) {
        const start = rowOffset(first + i, layout);
        if (loadCoefficients(batch, targets[i], start, coefficients)) {
          loadRow(input, start, layout.inner, x);
          values[i] = formula(x, coefficients, gradientRow);
          if (gradientRow) {
            for (let j = 0; j < gradientRow.length; j++) gradientRow[j] *= gradScale[i];
          }
        } else {
          values[i] = 0;
          gradientRow?.fill(0);
        }
        if (gradientRow && gradient) storeRow(gradientRow, gradient, start, layout.inner);
      }
    },
  );
}

/**
 * Writes the coefficient of each class: cⱼ = wⱼ · ((1 − ε) qⱼ + ε / C).
 *
 * q is the row of class probabilities, or the one-hot row of a class index.
 *
 * @returns whether any coefficient is not 0, so that the row contributes something.
 */
function loadCoefficients(
  { layout, target, weight, labelSmoothing }: ClassBatch,
  targetIndex: number,
  start: number,
  coefficients: Float64Array,
): boolean {
  if (targetIndex < 0) return false;
  const uniform = labelSmoothing / layout.size;
  if (target.kind === "indices") {
    coefficients.fill(uniform);
    coefficients[targetIndex] += 1 - labelSmoothing;
  } else {
    loadRow(target.data, start, layout.inner, coefficients);
    if (labelSmoothing > 0) {
      for (let j = 0; j < coefficients.length; j++) {
        coefficients[j] = (1 - labelSmoothing) * coefficients[j] + uniform;
      }
    }
  }
  if (weight !== undefined) {
    for (let j = 0; j < coefficients.length; j++) coefficients[j] *= weight[j];
  }
  return coefficients.some((c) => c !== 0);
}
