// The element kernels in JavaScript. Each has a loop of its own: a loop that calls a function of one number
// serves all functions, and engines stop inlining the call.
import type { KernelArray } from "../../types.ts";
import type { ElementKernels } from "../elementInterface.ts";

export const exp: ElementKernels["exp"] = (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = Math.exp(x[i]);
};

export const expm1: ElementKernels["expm1"] = (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = Math.expm1(x[i]);
};

export const log: ElementKernels["log"] = (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = Math.log(x[i]);
};

export const log1p: ElementKernels["log1p"] = (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = Math.log1p(x[i]);
};

export const tanh: ElementKernels["tanh"] = (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = Math.tanh(x[i]);
};

export const sigmoid: ElementKernels["sigmoid"] = (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = sigmoidOfExp(x[i], expMinusAbs(x[i]));
};

export const softplus: ElementKernels["softplus"] = (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = softplusOfExp(x[i], expMinusAbs(x[i]));
};

export const softplusSigmoid: ElementKernels["softplusSigmoid"] = (
  x,
  softplusOut,
  sigmoidOut,
  count,
) => {
  for (let i = 0; i < count; i++) {
    const element = x[i];
    const e = expMinusAbs(element);
    softplusOut[i] = softplusOfExp(element, e);
    sigmoidOut[i] = sigmoidOfExp(element, e);
  }
};

export const logSigmoid: ElementKernels["logSigmoid"] = (x, out, count) => {
  for (let i = 0; i < count; i++) out[i] = 0 - softplusOfExp(-x[i], expMinusAbs(x[i]));
};

export const logAddExp: ElementKernels["logAddExp"] = (a, b, out, count) => {
  for (let i = 0; i < count; i++) out[i] = scalarLogAddExp(a[i], b[i]);
};

export const squaredDifference: ElementKernels["squaredDifference"] = (
  x,
  y,
  out,
  gradient,
  count,
) => {
  for (let i = 0; i < count; i++) {
    const difference = x[i] - y[i];
    out[i] = difference * difference;
    if (gradient !== undefined) gradient[i] = 2 * difference;
  }
};

export const binaryCrossEntropy: ElementKernels["binaryCrossEntropy"] = (
  x,
  y,
  out,
  gradient,
  count,
) => {
  for (let i = 0; i < count; i++) {
    const logit = x[i];
    const e = expMinusAbs(logit);
    // The probability that the sign of the logit speaks against. 0 contributes nothing, also at ±∞.
    const w = logit < 0 ? y[i] : 1 - y[i];
    out[i] = (w === 0 ? 0 : Math.abs(logit) * w) + Math.log1p(e);
    if (gradient !== undefined) {
      const difference = w - e / (1 + e);
      gradient[i] = logit < 0 ? -difference : difference;
    }
  }
};

/** Multiplies the elements by a factor. */
export function scale(x: KernelArray, factor: number, count: number): void {
  for (let i = 0; i < count; i++) x[i] *= factor;
}

/** Returns log(exp(a) + exp(b)). */
function scalarLogAddExp(a: number, b: number): number {
  // The difference of equal infinities would be NaN.
  if (a === b) return a + Math.LN2;
  return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}

/** Returns exp(−|x|), which is at most 1 and so cannot overflow. */
function expMinusAbs(x: number): number {
  return Math.exp(-Math.abs(x));
}

/** Returns 1 / (1 + exp(−x)), given e = exp(−|x|). */
function sigmoidOfExp(x: number, e: number): number {
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

/** Returns log(1 + exp(x)), given e = exp(−|x|). */
function softplusOfExp(x: number, e: number): number {
  return Math.max(x, 0) + Math.log1p(e);
}
