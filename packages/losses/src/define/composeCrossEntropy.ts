import {
  bufferPool,
  expOfNegativeKernel,
  formatValue,
  maxBlockRows,
  minBulkCopyLength,
} from "@surprisal/core/authoring";
import { checkReturned } from "./checkReturned.ts";
import type { ClassIndexKernel } from "./classDefinition.ts";
import { crossEntropyBlocks } from "./crossEntropyBlocks.ts";

const createFloats = (length: number): Float64Array => new Float64Array(length);

/** The probabilities p of the targets of a block, and 1 − p. */
interface Probabilities {
  readonly length: number;
  readonly probabilities: Float64Array;
  readonly complements: Float64Array;
}

const createProbabilities = (length: number): Probabilities => ({
  length,
  probabilities: createFloats(length),
  complements: createFloats(length),
});

const lossPool = /* @__PURE__ */ bufferPool(createFloats);
const probabilityPool = /* @__PURE__ */ bufferPool(createProbabilities);

/** Those of functions that take none. */
const noProbabilities = /* @__PURE__ */ createProbabilities(0);

/** The largest finite number, at which functions of an infinite cross-entropy have their limit. */
const largest = Number.MAX_VALUE;

/**
 * A function of a row's cross-entropy c = −log p in nats, of p, the probability of the target, and of 1 − p.
 *
 * p and 1 − p have all their digits, also where the difference 1 − p would lose them. They take less time than a call of
 * `Math.exp`. A function receives them only if it declares a second parameter without a default.
 */
export type CrossEntropyFunction = (
  crossEntropy: number,
  probability: number,
  complement: number,
) => number;

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
 * @param loss f, a function of the cross-entropy in nats. It may also take p, the probability of the target, and 1 − p.
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
  loss: CrossEntropyFunction,
  derivative: CrossEntropyFunction,
): ClassIndexKernel {
  checkFunction("loss", loss);
  checkFunction("derivative", derivative);
  const needsProbabilities = takesProbability(loss) || takesProbability(derivative);
  return crossEntropyBlocks((values, count, derivatives, total, targets) => {
    const length = Math.max(count, maxBlockRows);
    // A copy, because `loss` may compute other losses, for which the kernels reuse their arrays.
    const losses = lossPool.acquire(length);
    copy(losses, values, count);
    const ofTargets = needsProbabilities ? probabilityPool.acquire(length) : noProbabilities;
    const { probabilities, complements } = ofTargets;
    if (needsProbabilities) {
      expOfNegativeKernel(losses, 1, probabilities, complements, count, total);
    }
    const rows: Rows = { losses, probabilities, complements, targets, count };
    if (derivatives) storeDerivatives(rows, derivative, derivatives);
    replaceByLosses(rows, loss);
    copy(values, losses, count);
    lossPool.release(losses);
    if (needsProbabilities) probabilityPool.release(ofTargets);
  });
}

function copy(to: Float64Array, from: Float64Array, count: number): void {
  if (count >= minBulkCopyLength) to.set(from.subarray(0, count));
  else for (let i = 0; i < count; i++) to[i] = from[i];
}

/** The rows of a block. Those with negative targets stay as they are. */
interface Rows {
  /** The cross-entropies, which become losses. */
  readonly losses: Float64Array;
  /** Empty if neither function takes them, as the complements are. */
  readonly probabilities: Float64Array;
  readonly complements: Float64Array;
  readonly targets: Int32Array;
  readonly count: number;
}

function checkFunction(name: string, value: unknown): void {
  if (typeof value === "function") return;
  throw new TypeError(
    `composeCrossEntropy: ${name} must be a function, got ${formatValue(value)}.`,
  );
}

/** Returns whether a function declares more parameters than the cross-entropy. Those with a default are not counted. */
function takesProbability(evaluate: CrossEntropyFunction): boolean {
  return evaluate.length > 1;
}

/** Replaces cross-entropies by losses. */
function replaceByLosses(
  { losses, probabilities, complements, targets, count }: Rows,
  loss: CrossEntropyFunction,
): void {
  const takesAll = takesProbability(loss);
  const ofCrossEntropy = loss as (crossEntropy: number) => number;
  for (let i = 0; i < count; i++) {
    if (targets[i] < 0) continue;
    const crossEntropy = losses[i];
    const value = takesAll
      ? loss(crossEntropy, probabilities[i], complements[i])
      : ofCrossEntropy(crossEntropy);
    losses[i] = isRegular(value) ? value : atLimit("loss", loss, crossEntropy, value);
  }
}

/**
 * Writes the derivatives at the cross-entropies to `factors`.
 *
 * The loop is not shared with that of the losses: a loop that calls one function runs three times as
 * fast as one that calls many, because the function becomes a part of it.
 */
function storeDerivatives(
  { losses, probabilities, complements, targets, count }: Rows,
  derivative: CrossEntropyFunction,
  factors: Float64Array,
): void {
  const takesAll = takesProbability(derivative);
  const ofCrossEntropy = derivative as (crossEntropy: number) => number;
  for (let i = 0; i < count; i++) {
    if (targets[i] < 0) continue;
    const crossEntropy = losses[i];
    const value = takesAll
      ? derivative(crossEntropy, probabilities[i], complements[i])
      : ofCrossEntropy(crossEntropy);
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
  evaluate: CrossEntropyFunction,
  crossEntropy: number,
  value: unknown,
): number {
  const nan = checkReturned(`composeCrossEntropy: ${name}`, value);
  if (crossEntropy !== Number.POSITIVE_INFINITY) return nan;
  const ofCrossEntropy = evaluate as (crossEntropy: number) => number;
  return takesProbability(evaluate) ? evaluate(largest, 0, 1) : ofCrossEntropy(largest);
}
