// Elementwise functions of arrays: WebAssembly for float32, else JavaScript.
import { blocks } from "../generated/blocks.ts";
import { elements } from "../generated/elements.ts";
import { logistic } from "../generated/logistic.ts";
import type { KernelArray } from "../types.ts";
import type {
  BinaryKernel,
  ElementKernels,
  PairLossKernel,
  UnaryKernel,
} from "./elementInterface.ts";
import { type CompensatedSum, compensatedSum, sumOf } from "./js/compensatedSum.ts";
import * as js from "./js/elements.ts";
import { plainSum, type Weights, weightsOf } from "./js/weights.ts";
import { plainSumOfBlock, scaleBlock, sumBlock, weighBlock } from "./wasm/blockArithmetic.ts";
import { runElements } from "./wasm/elements.ts";

/** exp(x): at most 1 ulp in float32. */
export const expKernel: UnaryKernel = (x, out, count) => {
  runElements(elements, "exp", 1, count, x, out) || js.exp(x, out, count);
};

/** exp(x) − 1: at most 2 ulp in float32. */
export const expm1Kernel: UnaryKernel = (x, out, count) => {
  runElements(elements, "expm1", 1, count, x, out) || js.expm1(x, out, count);
};

/** log(x): at most 1 ulp in float32. */
export const logKernel: UnaryKernel = (x, out, count) => {
  runElements(elements, "log", 1, count, x, out) || js.log(x, out, count);
};

/** log(1 + x): at most 2 ulp in float32. */
export const log1pKernel: UnaryKernel = (x, out, count) => {
  runElements(elements, "log1p", 1, count, x, out) || js.log1p(x, out, count);
};

/** tanh(x): at most 2.5 ulp in float32. */
export const tanhKernel: UnaryKernel = (x, out, count) => {
  runElements(elements, "tanh", 1, count, x, out) || js.tanh(x, out, count);
};

/** 1 / (1 + exp(−x)): at most 2.5 ulp in float32. */
export const sigmoidKernel: UnaryKernel = (x, out, count) => {
  runElements(elements, "sigmoid", 1, count, x, out) || js.sigmoid(x, out, count);
};

/** log(1 + exp(x)): at most 2.5 ulp in float32. */
export const softplusKernel: UnaryKernel = (x, out, count) => {
  runElements(elements, "softplus", 1, count, x, out) || js.softplus(x, out, count);
};

/** −log(1 + exp(−x)), the logarithm of sigmoid(x): at most 2.5 ulp in float32. */
export const logSigmoidKernel: UnaryKernel = (x, out, count) => {
  runElements(elements, "logSigmoid", 1, count, x, out) || js.logSigmoid(x, out, count);
};

/** softplus(x) and sigmoid(x) in one pass; see `ElementKernels`. */
export const softplusSigmoidKernel: ElementKernels["softplusSigmoid"] = (
  x,
  softplus,
  sigmoid,
  count,
) => {
  runElements(logistic, "softplusSigmoid", 1, count, x, softplus, sigmoid) ||
    js.softplusSigmoid(x, softplus, sigmoid, count);
};

/** log(exp(a) + exp(b)), without overflow. */
export const logAddExpKernel: BinaryKernel = (a, b, out, count) => {
  runElements(elements, "logAddExp", 2, count, a, b, out) || js.logAddExp(a, b, out, count);
};

/** The squared difference and its derivative; see `ElementKernels`. */
export const squaredDifferenceKernel: PairLossKernel = (x, y, losses, gradient, count) => {
  runElements(blocks, "squaredDifference", 2, count, x, y, losses, gradient) ||
    js.squaredDifference(x, y, losses, gradient, count);
};

/** The cross-entropy of logits x and probabilities y, and its derivative; see `ElementKernels`. */
export const binaryCrossEntropyKernel: PairLossKernel = (x, y, losses, gradient, count) => {
  runElements(logistic, "binaryCrossEntropy", 2, count, x, y, losses, gradient) ||
    js.binaryCrossEntropy(x, y, losses, gradient, count);
};

/** Multiplies the first `count` elements of `x`, in place. */
export function scaleKernel(x: KernelArray, factor: number, count: number): void {
  scaleBlock(x, factor, count) || js.scale(x, factor, count);
}

/**
 * Multiplies the first `count` elements of a block by a factor and one weight each, in place. An element of weight 0
 * becomes 0, whatever it is.
 */
export function weighKernel(
  x: KernelArray,
  weights: KernelArray,
  factor: number,
  count: number,
): void {
  if (weighBlock(x, weights, factor, count)) return;
  for (let i = 0; i < count; i++) {
    const weight = weights[i];
    x[i] = weight === 0 ? 0 : x[i] * (weight * factor);
  }
}

/** Does the same as `weightsOf`, to the same bits, in WebAssembly if it can. */
export function weightsKernel(values: Float64Array): Weights {
  return weightsOf(
    values,
    (_, start, end) => plainSumOfBlock(values, start, end) ?? plainSum(values, start, end),
  );
}

/** Returns the sum of a block: in float64 if the block is in the kernels' memory, else compensated. */
export function sumOfBlock(values: ArrayLike<number>, count: number): number {
  return sumBlock(values, count) ?? sumOf(values, 0, count);
}

/**
 * Starts a sum of blocks at 0. Float32 is summed in float64 in the kernels' memory; everything else is
 * compensated.
 */
export function blockSum(): CompensatedSum {
  const total = compensatedSum();
  return {
    add(values, end, start = 0) {
      total.add([start === 0 ? sumOfBlock(values, end) : sumOf(values, start, end)], 1);
    },
    value: total.value,
  };
}
