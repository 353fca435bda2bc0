import { ulpAt } from "@surprisal/testing";
import { elements } from "../src/generated/elements.ts";
import { stagingLength } from "../src/kernels/limits.ts";
import { instantiate, isSupported, linkExports } from "../src/kernels/wasm/instance.ts";

type UnaryKernel = (x: number, out: number, count: number) => void;

/** The functions of one argument, in float64. */
export const exact = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  tanh: Math.tanh,
  sigmoid: (x: number) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
  softplus: (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  logSigmoid: (x: number) => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x))),
};

/** The name of a function of one argument. */
export type ElementName = keyof typeof exact;

/** The largest error of a kernel in ulp, and the float it was found at. */
export interface Worst {
  readonly ulp: number;
  readonly x: number;
}

/**
 * Compares a float32 kernel with float64 on every `stride`-th float, of either sign, with infinities, NaN,
 * zeros and subnormal numbers. A result that must be infinite, NaN or a zero and is not has an infinite error.
 */
export function worstElement(level: "relaxed" | "simd", name: ElementName, stride: number): Worst {
  if (!isSupported(level)) throw new Error(`This runtime has no ${level} kernels.`);
  const instance = instantiate(level);
  const kernel = linkExports<Record<ElementName, UnaryKernel>>(instance, elements)[name];
  const room = stagingLength / 2;
  const [x, out] = [instance.staging.subarray(0, room), instance.staging.subarray(room)];
  const bits = new Uint32Array(x.buffer, x.byteOffset, room);
  const reference = exact[name];
  let worst: Worst = { ulp: 0, x: 0 };
  for (let start = 0; start < 2 ** 32; start += stride * room) {
    const count = Math.min(room, Math.ceil((2 ** 32 - start) / stride));
    for (let i = 0; i < count; i++) bits[i] = start + i * stride;
    kernel(x.byteOffset, out.byteOffset, (count + 3) & ~3);
    for (let i = 0; i < count; i++) {
      const ulp = distance(out[i], reference(x[i]));
      if (!(ulp <= worst.ulp)) worst = { ulp, x: x[i] };
    }
  }
  return worst;
}

/** Returns the distance of a float32 from an exact value, in ulp. */
export function distance(actual: number, expected: number): number {
  if (
    Object.is(actual, expected) ||
    (Object.is(actual, Math.fround(expected)) && !Number.isFinite(actual))
  )
    return 0;
  if (expected === 0) return Number.POSITIVE_INFINITY;
  const error = Math.abs(actual - expected) / ulpAt(expected, "float32");
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}
