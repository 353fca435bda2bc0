// The gradient of a class loss with respect to class probabilities.
import {
  bufferPool,
  elementBlockLength,
  type KernelArray,
  loadRow,
  rowOffset,
  softcapRow,
  storeRow,
} from "@surprisal/core/authoring";
import { type ClassBatch, isFullyMasked, isIgnored } from "./classBatch.ts";
import type { LoadGradScale } from "./preparedLoss.ts";

/** Writes the loss that a row of logits x has with each class as its target: ℓⱼ(x). */
export type ClassLosses = (x: Float64Array, losses: Float64Array) => void;

const createRow = (length: number) => new Float64Array(length);

const rowPool = /* @__PURE__ */ bufferPool(createRow);
const gradientPool = /* @__PURE__ */ bufferPool(createRow);
const probabilityPool = /* @__PURE__ */ bufferPool(createRow);

/** Returns whether the caller of `valueAndGrad` asks for the gradient of the target. */
export function asksForTarget({ differentiate, out }: Record<string, unknown>): boolean {
  if (Array.isArray(differentiate)) return differentiate.includes("target");
  const isObject = typeof out === "object" && out !== null && !Array.isArray(out);
  return isObject && !ArrayBuffer.isView(out) && Object.hasOwn(out, "target");
}

/**
 * Writes the gradient of each row's loss Σⱼ wⱼ ((1 − ε) qⱼ + ε/C) ℓⱼ(x) with respect to its class
 * probabilities q: (1 − ε) wⱼ ℓⱼ(x), times the upstream gradient.
 */
export function evaluateTargetGradient(
  batch: ClassBatch,
  classLosses: ClassLosses,
  loadGradScale: LoadGradScale,
  gradient: KernelArray,
): void {
  const { layout, softcap } = batch;
  const rows = layout.outer * layout.inner;
  const gradScale = new Float64Array(Math.min(rows, elementBlockLength));
  const x = rowPool.acquire(layout.size);
  const derivatives = gradientPool.acquire(layout.size);
  const slopes = softcap < Number.POSITIVE_INFINITY ? new Float64Array(layout.size) : undefined;
  for (let first = 0; first < rows; first += gradScale.length) {
    const count = Math.min(gradScale.length, rows - first);
    loadGradScale(first, count, gradScale);
    for (let i = 0; i < count; i++) {
      const start = rowOffset(first + i, layout);
      if (hasNoLoss(batch, first + i)) derivatives.fill(0);
      else {
        loadRow(batch.input, start, layout.inner, x);
        if (slopes) softcapRow(x, softcap, batch.skipMasked, slopes);
        // An author's function may leave some out.
        derivatives.fill(Number.NaN);
        classLosses(x, derivatives);
        weightLosses(batch, gradScale[i], derivatives);
        if (batch.skipMasked) spreadOverUnmasked(batch, start, x, derivatives);
      }
      storeRow(derivatives, gradient, start, layout.inner);
    }
  }
  rowPool.release(x);
  gradientPool.release(derivatives);
}

/** Returns whether a row has loss and gradient 0, whatever its logits are. */
function hasNoLoss(batch: ClassBatch, row: number): boolean {
  return isIgnored(batch, row) || (batch.zeroWhenEmpty && isFullyMasked(batch, row));
}

/** Multiplies losses by the weights of their classes and by the upstream gradient; 0 · ∞ is 0. */
function weightLosses(
  { weight, labelSmoothing }: ClassBatch,
  gradScale: number,
  losses: Float64Array,
): void {
  for (let j = 0; j < losses.length; j++) {
    const factor = (1 - labelSmoothing) * (weight === undefined ? 1 : weight[j]);
    losses[j] = factor === 0 ? 0 : factor * losses[j] * gradScale;
  }
}

/**
 * Replaces the derivatives with respect to probabilities that were moved from masked classes to the
 * others by those with respect to the probabilities q that were given.
 *
 * S is Σ qⱼ, U is the sum over the unmasked classes alone, and D is Σ qⱼ dⱼ / U over those. The derivative of an
 * unmasked class is dⱼ S/U + D (1 − S/U), and that of a masked class is D.
 */
function spreadOverUnmasked(
  { target, layout }: ClassBatch,
  start: number,
  x: Float64Array,
  derivatives: Float64Array,
): void {
  if (target.kind !== "probabilities") return;
  const probabilities = probabilityPool.acquire(layout.size);
  loadRow(target.data, start, layout.inner, probabilities);
  const isMasked = (j: number) => x[j] === Number.NEGATIVE_INFINITY;
  let sum = 0;
  let unmaskedSum = 0;
  for (let j = 0; j < x.length; j++) {
    sum += probabilities[j];
    if (!isMasked(j)) unmaskedSum += probabilities[j];
  }
  if (unmaskedSum > 0) {
    let mean = 0;
    for (let j = 0; j < x.length; j++) {
      if (!isMasked(j)) mean += (probabilities[j] / unmaskedSum) * derivatives[j];
    }
    const stretch = sum / unmaskedSum;
    for (let j = 0; j < x.length; j++) {
      derivatives[j] = isMasked(j) ? mean : derivatives[j] * stretch + mean * (1 - stretch);
    }
  }
  probabilityPool.release(probabilities);
}
