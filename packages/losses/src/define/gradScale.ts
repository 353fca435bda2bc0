import { formatShape, type KernelArray, readFloats, sameShape } from "@surprisal/core/authoring";
import type { Reduction } from "./optionSchemas.ts";
import type { LoadGradScale, PreparedLoss } from "./preparedLoss.ts";
import { reductionDivisor } from "./reduction.ts";

/** The factor of each loss's gradient: ∂value/∂loss times the upstream gradient. */
export interface GradScale {
  readonly loadGradScale: LoadGradScale;
  /** The upstream gradient, if it is an array: it is read while results are written. */
  readonly gradOutput?: KernelArray;
}

/** Returns the factor that is the same for all losses. */
export function constantGradScale(constant: number): LoadGradScale {
  const loadGradScale = (_: number, count: number, gradScale: Float64Array) => {
    gradScale.fill(constant, 0, count);
  };
  return Object.assign(loadGradScale, { constant });
}

/** Returns the factors of losses that have one upstream gradient each. */
export function upstreamGradScale(upstream: KernelArray): LoadGradScale {
  const loadGradScale = (first: number, count: number, gradScale: Float64Array) => {
    for (let i = 0; i < count; i++) gradScale[i] = upstream[first + i];
  };
  return Object.assign(loadGradScale, { upstream });
}

/** Reads the upstream gradient and combines it with the derivative of the reduction. */
export function readGradScale(
  functionName: string,
  prepared: PreparedLoss,
  reduction: Reduction,
  gradOutput: unknown,
): GradScale {
  const divisor = reductionDivisor(prepared, reduction);
  const constant = (upstream: number): GradScale => ({
    loadGradScale: constantGradScale(divisor === 0 ? prepared.emptyMean : upstream / divisor),
  });
  if (gradOutput === undefined) return constant(1);
  const { kind, shape, data } = readFloats(`${functionName}: gradOutput`, gradOutput);
  const expected = reduction === "none" ? prepared.shape : [];
  if (kind !== "number" && !sameShape(shape, expected)) {
    throw new RangeError(
      `${functionName}: gradOutput must be a number${expected.length > 0 ? ` or have the losses' shape ${formatShape(expected)}` : ""}, got shape ${formatShape(shape)}.`,
    );
  }
  if (kind === "number" || expected.length === 0) return constant(data[0]);
  return { loadGradScale: upstreamGradScale(data), gradOutput: data };
}
