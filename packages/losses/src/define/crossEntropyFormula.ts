import { argmax, bufferPool, exponentials, sumOf } from "@surprisal/core/authoring";
import type { ClassFormula } from "./classDefinition.ts";
import type { ClassLosses } from "./targetGradient.ts";

const createRow = (length: number) => new Float64Array(length);

const expPool = /* @__PURE__ */ bufferPool(createRow);
const lossPool = /* @__PURE__ */ bufferPool(createRow);
const slopePool = /* @__PURE__ */ bufferPool(createRow);

/** Replaces the first `count` cross-entropies by losses. It is a `CrossEntropyBlock` that needs no targets. */
export type LossBlock = (
  values: Float64Array,
  count: number,
  derivatives: Float64Array | undefined,
  total: number,
) => void;

/**
 * Makes the formula of a class loss that is a function f of the cross-entropy, for any coefficients.
 *
 * ℓ = Σₜ cₜ f(−log pₜ), p = softmax(x); ∂ℓ/∂xⱼ = pⱼ Σₜ sₜ − sⱼ with sₜ = cₜ f′(−log pₜ)
 *
 * It takes time proportional to the number of classes.
 *
 * @param replaceByLosses computes f and f′, also at 0 and at infinity.
 */
export function crossEntropyFormula(replaceByLosses: LossBlock): ClassFormula {
  return (x, coefficients, gradient) => {
    const classes = x.length;
    const exps = expPool.acquire(classes);
    const losses = lossPool.acquire(classes);
    const slopes = slopePool.acquire(classes);
    const top = argmax(x);
    const rest = exponentials(x, exps, top);
    const logSumExpMinusMax = Math.log1p(rest);
    // A class with coefficient 0 contributes nothing, even if its loss is infinite.
    let count = 0;
    for (let t = 0; t < classes; t++) {
      if (coefficients[t] !== 0) losses[count++] = logSumExpMinusMax - (x[t] - x[top]);
    }
    replaceByLosses(losses, count, gradient && slopes, 0);
    let value = 0;
    for (let t = 0, i = 0; t < classes; t++) {
      if (coefficients[t] !== 0) value += coefficients[t] * losses[i++];
    }
    if (gradient !== undefined) {
      // The slopes move to their classes, the last one first, so that none is overwritten.
      for (let t = classes - 1; t >= 0; t--) {
        slopes[t] = coefficients[t] === 0 ? 0 : coefficients[t] * slopes[--count];
      }
      const total = sumOf(slopes);
      const sumExp = 1 + rest;
      for (let j = 0; j < classes; j++) gradient[j] = total * (exps[j] / sumExp) - slopes[j];
      // Where one class dominates, its difference cancels. This form uses the other classes only.
      slopes[top] = 0;
      gradient[top] = sumOf(slopes) - total * (rest / sumExp);
    }
    expPool.release(exps);
    lossPool.release(losses);
    slopePool.release(slopes);
    return value;
  };
}

/**
 * Makes the `classLosses` of a class loss that is a function f of the cross-entropy: f(−log pⱼ) for each class j.
 *
 * @param replaceByLosses computes f, also at 0 and at infinity. The default is the cross-entropy itself.
 */
export function crossEntropyLosses(replaceByLosses?: LossBlock): ClassLosses {
  return (x, losses) => {
    const exps = expPool.acquire(x.length);
    const top = argmax(x);
    const logSumExpMinusMax = Math.log1p(exponentials(x, exps, top));
    for (let j = 0; j < x.length; j++) losses[j] = logSumExpMinusMax - (x[j] - x[top]);
    replaceByLosses?.(losses, x.length, undefined, 0);
    expPool.release(exps);
  };
}
