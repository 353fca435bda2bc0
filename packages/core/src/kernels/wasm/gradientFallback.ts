import { type Layout, rowOffset } from "../../arrays/layout.ts";
import { crossEntropyRow, loadRow, rescaleRow, softcapRow, storeRow } from "../js/rows.ts";
import { maxCappedLogit } from "../limits.ts";
import type { Softcap } from "../softInterface.ts";
import type { GradientFallback } from "./kernelCall.ts";

/**
 * Terms are e · 2⁴⁸ with e = exp(x − max), and 0 below 2⁻¹²⁶. So e is lost below 2⁻¹⁷⁴. Times an upstream
 * gradient of at most 2²⁴, it is below 2⁻¹⁵⁰, half of the smallest float.
 */
const maxGradScale = 2 ** 24;

/**
 * Terms are multiplied by the upstream gradient over their sum, which is at most 2^48.5 times the number of
 * classes. From this upstream gradient on, times the number of classes, the quotient is a normal float.
 */
const minGradScalePerClass = 2 ** -77;

/**
 * The least sum of the coefficients of a row with which kernels compute several rows at once: `LEAST_MASS` in
 * assembly/softInterleavedRows.ts. Rows with less are computed alone.
 */
const minMass = 2 ** -20;

/** The magnitudes of upstream gradients for which kernels compute right gradients. 0 is always right. */
export interface GradScaleRange {
  readonly least: number;
  readonly most: number;
}

/** Returns the range for class indices. */
export function gradScaleRange(classes: number): GradScaleRange {
  return { least: minGradScalePerClass * classes, most: maxGradScale };
}

/** Returns the range for soft targets, whose terms are also multiplied by the sum of the row's coefficients. */
export function softGradScaleRange(classes: number): GradScaleRange {
  const { least, most } = gradScaleRange(classes);
  return { least: least / minMass, most };
}

/** Returns whether an upstream gradient is in the range, or 0. */
export function isWithin({ least, most }: GradScaleRange, gradScale: number): boolean {
  const magnitude = Math.abs(gradScale);
  return magnitude === 0 || (magnitude >= least && magnitude <= most);
}

/**
 * Makes the fallback for rows whose gradient is out of range. JavaScript computes their gradients before the
 * kernels do, which may write over `x`, and stores them afterwards.
 */
export function makeGradientFallback(
  x: Float32Array,
  layout: Layout,
  out: Float32Array,
  softcap?: Softcap,
): GradientFallback {
  const { size, inner } = layout;
  /** The gradients by row. */
  const computed = new Map<number, Float64Array>();
  const gradientOf = (row: number, target: number, gradScale: number): Float64Array => {
    const gradient = new Float64Array(size);
    const scratch = new Float64Array(size);
    loadRow(x, rowOffset(row, layout), inner, gradient);
    const slopes = softcap && new Float64Array(size);
    if (slopes) softcapRow(gradient, softcap.cap, softcap.skipMasked, slopes);
    crossEntropyRow(gradient, scratch, 0, size, target, gradScale);
    if (slopes) for (let j = 0; j < size; j++) gradient[j] *= slopes[j];
    return gradient;
  };
  const maxLogit = maxCappedLogit(softcap?.cap ?? Number.POSITIVE_INFINITY);
  /** Returns whether a logit of a row has a slope that float32 cannot hold. That of ±∞ is exactly 0. */
  const hasSmallSlope = (row: number): boolean => {
    for (let j = 0, k = rowOffset(row, layout); j < size; j++, k += inner) {
      const magnitude = Math.abs(x[k]);
      if (magnitude > maxLogit && magnitude < Number.POSITIVE_INFINITY) return true;
    }
    return false;
  };
  const range = gradScaleRange(size);
  return {
    gradScales: range,
    compute(first, count, targets, gradScale, hasSmallSlopes) {
      for (let i = 0; i < count; i++) {
        const isSmall = hasSmallSlopes && hasSmallSlope(first + i);
        if (!isSmall && isWithin(range, gradScale[i])) continue;
        // The kernels handle ignored rows, and a target that has changed since it was checked.
        if (targets[i] < 0 || targets[i] >= size || computed.has(first + i)) continue;
        computed.set(first + i, gradientOf(first + i, targets[i], gradScale[i]));
        gradScale[i] = 1;
      }
    },
    store(first, factors) {
      for (const [row, gradient] of computed) {
        if (factors !== undefined) rescaleRow(gradient, 0, size, factors[row - first]);
        storeRow(gradient, out, rowOffset(row, layout), inner);
      }
      computed.clear();
    },
  };
}
