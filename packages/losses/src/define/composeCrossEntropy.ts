import { bufferPool, formatValue, maxBlockRows } from "@surprisal/core/authoring";
import { checkReturned } from "./checkReturned.ts";
import type { ClassIndexKernel } from "./classLoss.ts";
import { crossEntropyBlocks } from "./crossEntropyBlocks.ts";

const lossPool = /* @__PURE__ */ bufferPool((length): Float64Array => new Float64Array(length));

/** The largest finite number, at which functions of an infinite cross-entropy have their limit. */
const largest = Number.MAX_VALUE;

/**
 * Makes the `classIndexKernel` of a class loss that is a function of each row's cross-entropy.
 *
 * The kernel computes all losses and their gradients with one exponential per element. The
 * definition still needs a formula, for label smoothing and class probabilities.
 *
 * ℓ = f(c) for the cross-entropy c = −log softmax(x)ₜ, so ∂ℓ/∂xⱼ = f′(c) · (softmax(x)ⱼ − [j = t])
 *
 * The cross-entropy of a masked target (−∞) is Infinity. If f or f′ is NaN there, for example because of 0
 * · ∞, its value at the largest finite number is used. If softmax(x)ⱼ − [j = t] is 0, the gradient is 0,
 * even if f′(c) is infinite or NaN.
 *
 * @param loss f, a function of the cross-entropy in nats.
 * @param derivative f′.
 * @returns the kernel.
 * @throws TypeError if one of the two is no function.
 *
 * @example
 * ```ts
 * import { defineLoss, composeCrossEntropy } from "@surprisal/losses";
 *
 * const squared = defineLoss({
 *   kind: "class",
 *   name: "squared",
 *   classIndexKernel: () => composeCrossEntropy((c) => c * c, (c) => 2 * c),
 *   formula: () => () => { throw new RangeError("squared takes class indices only."); },
 * });
 *
 * squared([2, 1, 0], 0); // 0.16614…
 * ```
 *
 * Source: the chain rule. The focal loss of Lin et al., arXiv 1708.02002, is a loss of this kind.
 */
export function composeCrossEntropy(
  loss: (crossEntropy: number) => number,
  derivative: (crossEntropy: number) => number,
): ClassIndexKernel {
  checkFunction("loss", loss);
  checkFunction("derivative", derivative);
  return crossEntropyBlocks((values, targets, count, derivatives) => {
    // A copy, because `loss` may compute other losses, for which the kernels reuse their arrays.
    const losses = lossPool.acquire(Math.max(count, maxBlockRows));
    for (let i = 0; i < count; i++) losses[i] = values[i];
    if (derivatives) storeDerivatives(losses, targets, count, derivative, derivatives);
    replaceByLosses(losses, targets, count, loss);
    for (let i = 0; i < count; i++) values[i] = losses[i];
    lossPool.release(losses);
  });
}

function checkFunction(name: string, value: unknown): void {
  if (typeof value === "function") return;
  throw new TypeError(
    `composeCrossEntropy: ${name} must be a function, got ${formatValue(value)}.`,
  );
}

/** Replaces the first `count` cross-entropies by losses; those of negative targets are left. */
function replaceByLosses(
  losses: Float64Array,
  targets: Int32Array,
  count: number,
  loss: (crossEntropy: number) => number,
): void {
  for (let i = 0; i < count; i++) {
    if (targets[i] < 0) continue;
    const crossEntropy = losses[i];
    const value = loss(crossEntropy);
    losses[i] = isRegular(value) ? value : atLimit("loss", loss, crossEntropy, value);
  }
}

/**
 * Writes the derivatives at the first `count` cross-entropies to `factors`, except those of negative targets.
 *
 * The loop is not shared with that of the losses: a loop that calls one function runs three times as
 * fast as one that calls many, because the function becomes a part of it.
 */
function storeDerivatives(
  losses: Float64Array,
  targets: Int32Array,
  count: number,
  derivative: (crossEntropy: number) => number,
  factors: Float64Array,
): void {
  for (let i = 0; i < count; i++) {
    if (targets[i] < 0) continue;
    const crossEntropy = losses[i];
    const value = derivative(crossEntropy);
    factors[i] = isRegular(value) ? value : atLimit("derivative", derivative, crossEntropy, value);
  }
}

/** Returns whether an author's function has returned a number that is not NaN. */
function isRegular(value: number): boolean {
  return typeof value === "number" && !Number.isNaN(value);
}

/** Returns a value that is NaN, or at infinity its limit. `name` is for errors. */
function atLimit(
  name: string,
  evaluate: (crossEntropy: number) => number,
  crossEntropy: number,
  value: unknown,
): number {
  const nan = checkReturned(`composeCrossEntropy: ${name}`, value);
  return crossEntropy === Number.POSITIVE_INFINITY ? evaluate(largest) : nan;
}
