import { argmax, bufferPool, exponentials, sumOf } from "@surprisal/core/authoring";
import type { ClassFormula } from "./classLoss.ts";
import type { ClassLosses } from "./targetGradient.ts";

const createRow = (length: number) => new Float64Array(length);

const expPool = /* @__PURE__ */ bufferPool(createRow);
const slopePool = /* @__PURE__ */ bufferPool(createRow);

/**
 * Makes the formula of a class loss that is a function f of the cross-entropy, for any coefficients.
 *
 * ℓ = Σₜ cₜ f(−log pₜ), p = softmax(x); ∂ℓ/∂xⱼ = pⱼ Σₜ sₜ − sⱼ with sₜ = cₜ f′(−log pₜ)
 *
 * It takes time proportional to the number of classes.
 *
 * @param loss f, also at 0 and at infinity.
 * @param derivative f′, also at 0 and at infinity.
 */
export function crossEntropyFormula(
  loss: (crossEntropy: number) => number,
  derivative: (crossEntropy: number) => number,
): ClassFormula {
  return (x, coefficients, gradient) => {
    const classes = x.length;
    const exps = expPool.acquire(classes);
    const slopes = slopePool.acquire(classes);
    const top = argmax(x);
    const rest = exponentials(x, exps, top);
    const logSumExpMinusMax = Math.log1p(rest);
    let value = 0;
    for (let t = 0; t < classes; t++) {
      slopes[t] = 0;
      // A class with coefficient 0 contributes nothing, even if its loss is infinite.
      if (coefficients[t] === 0) continue;
      const crossEntropy = logSumExpMinusMax - (x[t] - x[top]);
      value += coefficients[t] * loss(crossEntropy);
      if (gradient !== undefined) slopes[t] = coefficients[t] * derivative(crossEntropy);
    }
    if (gradient !== undefined) {
      const total = sumOf(slopes);
      const sumExp = 1 + rest;
      for (let j = 0; j < classes; j++) gradient[j] = total * (exps[j] / sumExp) - slopes[j];
      // Where one class dominates, its difference cancels. This form uses the other classes only.
      slopes[top] = 0;
      gradient[top] = sumOf(slopes) - total * (rest / sumExp);
    }
    expPool.release(exps);
    slopePool.release(slopes);
    return value;
  };
}

/**
 * Makes the `classLosses` of a class loss that is a function f of the cross-entropy: f(−log pⱼ) for each class j.
 *
 * @param loss f, also at 0 and at infinity. The default is the cross-entropy itself.
 */
export function crossEntropyLosses(loss?: (crossEntropy: number) => number): ClassLosses {
  return (x, losses) => {
    const exps = expPool.acquire(x.length);
    const top = argmax(x);
    const logSumExpMinusMax = Math.log1p(exponentials(x, exps, top));
    for (let j = 0; j < x.length; j++) {
      const crossEntropy = logSumExpMinusMax - (x[j] - x[top]);
      losses[j] = loss === undefined ? crossEntropy : loss(crossEntropy);
    }
    expPool.release(exps);
  };
}
