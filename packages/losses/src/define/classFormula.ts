import {
  bufferPool,
  elementBlockLength,
  forEachRowBlock,
  type KernelArray,
  loadRow,
  type RowData,
  rowOffset,
  softcapRow,
  storeRow,
} from "@surprisal/core/authoring";
import { checkReturned } from "./checkReturned.ts";
import type { ClassBatch } from "./classBatch.ts";
import type { ClassFormula } from "./classDefinition.ts";
import type { Reduction } from "./optionSchemas.ts";
import type { StoreLosses } from "./preparedLoss.ts";

const createRow = (length: number) => new Float64Array(length);

const rowPool = /* @__PURE__ */ bufferPool(createRow);
const coefficientPool = /* @__PURE__ */ bufferPool(createRow);
const gradientPool = /* @__PURE__ */ bufferPool(createRow);

/**
 * Up to this upstream gradient, a gradient that underflows before it is scaled is also negligible
 * afterwards.
 */
const maxPlainGradScale = 2 ** 10;

/** Coefficients times this do not overflow. */
const maxLift = 2 ** 1000;

/** Returns the part of an upstream gradient that multiplies coefficients; 1 where it is not large. */
function liftOf(gradScale: number): number {
  const magnitude = Math.abs(gradScale);
  return magnitude > maxPlainGradScale ? Math.min(magnitude, maxLift) : 1;
}

/** The parts of a batch that a formula needs. */
export interface FormulaBatch
  extends Pick<ClassBatch, "input" | "layout" | "weight" | "labelSmoothing">,
    Partial<Pick<ClassBatch, "skipMasked" | "softcap">> {
  /** The class probabilities; undefined for class indices. */
  readonly probabilities: ArrayLike<number> | undefined;
}

/**
 * Computes the losses of all rows, and their gradients if `gradient` is given, by the formula.
 *
 * @param isProportional whether the formula's gradient is proportional to its coefficients.
 */
export function evaluateFormula(
  functionName: string,
  formula: ClassFormula,
  batch: FormulaBatch,
  rows: RowData,
  gradient: KernelArray | undefined,
  isProportional: boolean,
): void {
  const { input, layout, skipMasked = false, softcap = Number.POSITIVE_INFINITY } = batch;
  const label = `${functionName}: the formula`;
  const x = rowPool.acquire(layout.size);
  const coefficients = coefficientPool.acquire(layout.size);
  const gradientRow = gradient && gradientPool.acquire(layout.size);
  const slopes = softcap < Number.POSITIVE_INFINITY ? new Float64Array(layout.size) : undefined;
  forEachRowBlock(
    layout.outer * layout.inner,
    rows,
    (first, count, { targets, gradScale, values }) => {
      for (let i = 0; i < count; i++) {
        const start = rowOffset(first + i, layout);
        gradientRow?.fill(0);
        values[i] = 0;
        if (targets[i] >= 0) {
          loadRow(input, start, layout.inner, x);
          if (loadCoefficients(batch, targets[i], start, x, coefficients)) {
            if (slopes) softcapRow(x, softcap, skipMasked, slopes);
            const factor = gradientRow && isProportional ? liftOf(gradScale[i]) : 1;
            if (factor > 1) {
              // Gradients that underflow before they are scaled: the coefficients are scaled instead.
              const [row, lifted] = [x.slice(), coefficients.map((c) => c * factor)];
              formula(row, lifted, gradientRow);
            }
            const ownGradient = factor > 1 ? undefined : gradientRow;
            values[i] = checkReturned(label, formula(x, coefficients, ownGradient));
            if (gradientRow) scaleGradient(gradientRow, gradScale[i] / factor, slopes);
          }
        }
        if (gradientRow && gradient) storeRow(gradientRow, gradient, start, layout.inner);
      }
    },
  );
  rowPool.release(x);
  coefficientPool.release(coefficients);
  if (gradientRow) gradientPool.release(gradientRow);
}

/**
 * Computes the losses of rows without classes: 0 if a row is ignored, else NaN or what `whenEmpty` says.
 * Only the losses, if they are asked for, and the sample weights take memory that grows with the number of
 * rows.
 */
export function evaluateWithoutClasses(
  batch: ClassBatch,
  reduction: Reduction,
  storeLosses: StoreLosses,
): void {
  const { layout, target, sampleWeight, zeroWhenEmpty } = batch;
  const rows = layout.outer * layout.inner;
  const value = target.kind === "indices" || zeroWhenEmpty ? 0 : Number.NaN;
  // Equal losses have the sum 0 or NaN, however many they are.
  const count = reduction === "none" || sampleWeight !== undefined ? rows : Math.min(1, rows);
  const losses = new Float64Array(Math.min(count, elementBlockLength));
  for (let first = 0; first < count; first += losses.length) {
    const end = Math.min(count, first + losses.length);
    for (let r = first; r < end; r++) losses[r - first] = sampleWeight?.[r] === 0 ? 0 : value;
    storeLosses(first, end - first, losses);
  }
}

/** Multiplies a row's gradient by the factor of its loss and by the slopes of the softcap. */
export function scaleGradient(
  gradientRow: Float64Array,
  gradScale: number,
  slopes: Float64Array | undefined,
): void {
  for (let j = 0; j < gradientRow.length; j++) {
    gradientRow[j] *= slopes === undefined ? gradScale : gradScale * slopes[j];
  }
}

/**
 * Writes the coefficient of each class: cⱼ = wⱼ · ((1 − ε) qⱼ + ε / C).
 *
 * q is the row of class probabilities, or the one-hot row of a class index.
 *
 * @param x the logits of the row.
 * @returns whether any coefficient is not 0, so that the row contributes something.
 */
function loadCoefficients(
  batch: FormulaBatch,
  targetIndex: number,
  start: number,
  x: Float64Array,
  coefficients: Float64Array,
): boolean {
  const { layout, probabilities } = batch;
  if (probabilities === undefined) {
    coefficients.fill(0);
    coefficients[targetIndex] = 1;
  } else loadRow(probabilities, start, layout.inner, coefficients);
  return applyOptions(batch, x, coefficients);
}

/** The options that turn probabilities into coefficients. */
export interface CoefficientOptions {
  readonly weight: ArrayLike<number> | undefined;
  readonly labelSmoothing: number;
  readonly skipMasked?: boolean | undefined;
}

/**
 * Replaces the probabilities q by coefficients: cⱼ = wⱼ · ((1 − ε) qⱼ + ε / C). If masked classes are skipped,
 * C counts the other classes, and q is spread over them.
 *
 * @param x the logits of the row.
 * @returns whether any coefficient is not 0.
 */
export function applyOptions(
  { weight, labelSmoothing, skipMasked }: CoefficientOptions,
  x: Float64Array,
  coefficients: Float64Array,
): boolean {
  const size = x.length;
  const classes = skipMasked ? spreadOverUnmasked(x, coefficients) : size;
  if (labelSmoothing > 0) {
    const uniform = labelSmoothing / classes;
    for (let j = 0; j < size; j++) {
      coefficients[j] *= 1 - labelSmoothing;
      if (classes === size || isUnmasked(x[j])) coefficients[j] += uniform;
    }
  }
  if (weight !== undefined) for (let j = 0; j < size; j++) coefficients[j] *= weight[j];
  // `some` takes five times as long as the loop.
  for (let j = 0; j < size; j++) if (coefficients[j] !== 0) return true;
  return false;
}

/**
 * Moves the probabilities of masked classes to the others, in proportion to theirs. Probabilities of
 * masked classes alone are left: the loss of such a row is infinite.
 *
 * @returns the number of unmasked classes, or of all classes if every class is masked.
 */
function spreadOverUnmasked(x: Float64Array, probabilities: Float64Array): number {
  let classes = 0;
  let sum = 0;
  let unmaskedSum = 0;
  for (let j = 0; j < x.length; j++) {
    sum += probabilities[j];
    if (!isUnmasked(x[j])) continue;
    classes++;
    unmaskedSum += probabilities[j];
  }
  if (classes === 0) return x.length;
  // The sums may be equal although masked classes have probabilities: tiny ones.
  if (unmaskedSum > 0 && classes < x.length) {
    for (let j = 0; j < x.length; j++) {
      probabilities[j] = isUnmasked(x[j]) ? probabilities[j] * (sum / unmaskedSum) : 0;
    }
  }
  return classes;
}

function isUnmasked(logit: number): boolean {
  return logit !== Number.NEGATIVE_INFINITY;
}
